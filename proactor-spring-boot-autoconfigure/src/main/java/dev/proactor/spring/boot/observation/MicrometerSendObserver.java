package dev.proactor.spring.boot.observation;

import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import dev.proactor.spring.boot.internal.send.SendObserver;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Supplier;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Observes the sending of messages. Thread-safe. */
public final class MicrometerSendObserver implements SendObserver {

    private static final ProactorSendObservationConvention USUAL = new DefaultProactorSendObservationConvention();

    private final ObservationRegistry registry;
    private final ConfiguredNames names;
    private final @Nullable ProactorSendObservationConvention convention;

    /**
     * Makes one.
     *
     * @param registry the registry
     * @param names the names that are tags
     * @param convention the application's, or {@code null}
     */
    public MicrometerSendObserver(
            ObservationRegistry registry,
            ConfiguredNames names,
            @Nullable ProactorSendObservationConvention convention) {
        this.registry = registry;
        this.names = names;
        this.convention = convention;
    }

    @Override
    public @Nullable Sent begin(String name, Supplier<@Nullable String> server, String address, Message message) {
        if (registry.isNoop()) {
            return null;
        }
        ProactorSendContext context = new ProactorSendContext(message, names.tag(name), address, server);
        Observation observation = ProactorObservation.SEND
                .observation(convention, USUAL, () -> context, registry)
                .start();
        return (outcome, failure) -> {
            context.outcome(outcome);
            if (failure != null) {
                observation.error(failure);
            }
            observation.stop();
        };
    }
}
