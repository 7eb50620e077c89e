package dev.proactor.spring.boot.health;

import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Health of the named connections and listeners: {@code connections.<name>} and {@code listeners.<name>}. It tells what is known;
 * it opens nothing. Thread-safe.
 *
 * <p>A connection is UP when it is open and every link that its properties declare is attached; OUT_OF_SERVICE while it is made,
 * made again, a link is missing, or it was stopped; DOWN once it is given up. One that nothing depends on ({@code required=false}), or
 * that is made on demand ({@code auto-connect=false}) and was not, is UNKNOWN where it would not be UP, so that it does not count. A
 * listener is UP when it is bound, OUT_OF_SERVICE for the moment in which that is tried, and else DOWN.
 */
public final class ProactorHealthContributor implements CompositeHealthContributor {

    private static final String CONNECTIONS = "connections";
    private static final String LISTENERS = "listeners";

    private final ProactorConnections connections;
    private final ProactorListeners listeners;

    /**
     * Makes a contributor.
     *
     * @param connections the connections
     * @param listeners the listeners
     */
    public ProactorHealthContributor(ProactorConnections connections, ProactorListeners listeners) {
        this.connections = connections;
        this.listeners = listeners;
    }

    @Override
    public @Nullable HealthContributor getContributor(String name) {
        return stream()
                .filter(entry -> entry.name().equals(name))
                .map(Entry::contributor)
                .findFirst()
                .orElse(null);
    }

    @Override
    public Stream<Entry> stream() {
        // An empty part would be UNKNOWN, which tells nobody anything.
        Stream<Entry> made = connections.all().isEmpty()
                ? Stream.empty()
                : Stream.of(new Entry(
                        CONNECTIONS,
                        new Children<>(
                                () -> connections.all().stream(),
                                NamedConnection::name,
                                ProactorHealthContributor::health)));
        Stream<Entry> bound = listeners.all().isEmpty()
                ? Stream.empty()
                : Stream.of(new Entry(
                        LISTENERS,
                        new Children<>(
                                () -> listeners.all().stream(),
                                NamedListener::name,
                                ProactorHealthContributor::health)));
        return Stream.concat(made, bound);
    }

    private record Children<T>(Supplier<Stream<T>> all, Function<T, String> name, Function<T, Health> health)
            implements CompositeHealthContributor {

        @Override
        public @Nullable HealthContributor getContributor(String wanted) {
            return all.get()
                    .filter(child -> name.apply(child).equals(wanted))
                    .map(this::indicator)
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public Stream<HealthContributors.Entry> stream() {
            return all.get().map(child -> new HealthContributors.Entry(name.apply(child), indicator(child)));
        }

        private HealthIndicator indicator(T child) {
            return () -> health.apply(child);
        }
    }

    private static Health health(NamedConnection connection) {
        NamedConnection.Status status = connection.status();
        Status truth = switch (status.state()) {
            case OPEN -> status.missingLinks().isEmpty() ? Status.UP : Status.OUT_OF_SERVICE;
            case CONNECTING, RECONNECTING -> Status.OUT_OF_SERVICE;
            case FAILED -> Status.DOWN;
            case STOPPED -> connection.spec().autoConnect() ? Status.OUT_OF_SERVICE : Status.UNKNOWN;
        };
        boolean counts = connection.spec().required() || truth.equals(Status.UP);
        Health.Builder health = Health.status(counts ? truth : Status.UNKNOWN)
                .withDetail("state", lowerCase(status.state()))
                .withDetail("since", status.since().toString());
        if (!connection.spec().required()) {
            health.withDetail("required", false);
        }
        if (status.attempts() > 0) {
            health.withDetail("attempts", status.attempts());
        }
        if (!status.missingLinks().isEmpty() && status.state() == NamedConnection.State.OPEN) {
            health.withDetail("missingLinks", status.missingLinks());
        }
        if (!status.pausedReceivers().isEmpty()) {
            health.withDetail("pausedReceivers", status.pausedReceivers());
        }
        if (status.lastError() != null) {
            health.withDetail("lastError", status.lastError());
        }
        return health.build();
    }

    private static Health health(NamedListener listener) {
        NamedListener.Status status = listener.status();
        Status truth = switch (status.state()) {
            case LISTENING -> Status.UP;
            case STARTING -> Status.OUT_OF_SERVICE;
            case FAILED, STOPPED -> Status.DOWN;
        };
        Health.Builder health = Health.status(truth)
                .withDetail("state", lowerCase(status.state()))
                .withDetail("since", status.since().toString())
                .withDetail("address", status.address())
                .withDetail("connections", status.connections());
        if (status.lastError() != null) {
            health.withDetail("lastError", status.lastError());
        }
        return health.build();
    }

    private static String lowerCase(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
