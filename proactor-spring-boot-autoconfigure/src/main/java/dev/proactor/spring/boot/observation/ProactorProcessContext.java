package dev.proactor.spring.boot.observation;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** The handling of a message. Trace context travels in the message's application properties. */
public class ProactorProcessContext extends ReceiverContext<Message> {

    private final String name;
    private final String address;
    private final String handler;
    private final @Nullable String server;

    /**
     * Makes one.
     *
     * @param message the message
     * @param name the configured name of the connection or listener, or {@code dynamic}
     * @param address the link's address
     * @param handler {@code Class.method}
     * @param server the host of the peer of a connection that we make, or {@code null}
     */
    public ProactorProcessContext(
            Message message, String name, String address, String handler, @Nullable String server) {
        super(ProactorProcessContext::property, Kind.CONSUMER);
        setCarrier(message);
        this.name = name;
        this.address = address;
        this.handler = handler;
        this.server = server;
    }

    private static @Nullable String property(Message message, String key) {
        ApplicationProperties properties = message.getApplicationProperties();
        Object value = properties == null || properties.getValue() == null
                ? null
                : properties.getValue().get(key);
        return value == null ? null : value.toString();
    }

    /** {@return the configured name of the connection or listener, or {@code dynamic}} */
    public String name() {
        return name;
    }

    /** {@return the link's address} */
    public String address() {
        return address;
    }

    /** {@return {@code Class.method}} */
    public String handler() {
        return handler;
    }

    /** {@return the host of the peer of a connection that we make, or {@code null}} */
    public @Nullable String server() {
        return server;
    }
}
