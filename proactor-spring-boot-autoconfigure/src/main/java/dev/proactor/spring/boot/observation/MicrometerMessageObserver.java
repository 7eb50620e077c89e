package dev.proactor.spring.boot.observation;

import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import dev.proactor.spring.boot.internal.dispatch.MessageObserver;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Observes the handling of messages. Thread-safe. */
public final class MicrometerMessageObserver implements MessageObserver {

    private static final ProactorProcessObservationConvention USUAL = new DefaultProactorProcessObservationConvention();

    private final ObservationRegistry registry;
    private final ConfiguredNames names;
    private final @Nullable ProactorProcessObservationConvention convention;

    /**
     * Makes one.
     *
     * @param registry the registry
     * @param names the names that are tags
     * @param convention the application's, or {@code null}
     */
    public MicrometerMessageObserver(
            ObservationRegistry registry,
            ConfiguredNames names,
            @Nullable ProactorProcessObservationConvention convention) {
        this.registry = registry;
        this.names = names;
        this.convention = convention;
    }

    @Override
    public @Nullable Observed begin(HandlerContext context, String handler, boolean accepted) {
        if (registry.isNoop()) {
            return null;
        }
        Observation observation = ProactorObservation.PROCESS
                .observation(
                        convention,
                        USUAL,
                        () -> new ProactorProcessContext(
                                message(context),
                                names.tag(context.name()),
                                context.address(),
                                handler,
                                accepted ? null : server(context)),
                        registry)
                .start();
        return new Observed() {
            @Override
            public @Nullable Object call(Callable<@Nullable Object> method) throws Exception {
                try (Observation.Scope scope = observation.openScope()) {
                    return method.call();
                }
            }

            @Override
            public void handled(@Nullable Throwable failure) {
                if (failure != null) {
                    observation.error(failure);
                }
                observation.stop();
            }
        };
    }

    private static Message message(HandlerContext context) {
        try {
            return context.message();
        } catch (MessageConversionException malformed) {
            return Message.Factory.create(); // the handler is told
        }
    }

    private static @Nullable String server(HandlerContext context) {
        Connection connection = context.connection();
        InetSocketAddress peer = connection == null ? null : context.proactor().remoteAddress(connection);
        return peer == null ? null : peer.getHostString();
    }
}
