package dev.proactor.spring.boot.observation;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** The sending of a message. Trace context travels in the message's application properties. */
public class ProactorSendContext extends SenderContext<Message> {

    private final String name;
    private final String address;
    private final Supplier<@Nullable String> server;
    private @Nullable DeliveryState outcome;

    /**
     * Makes one.
     *
     * @param message the message; it is given the properties that carry the trace
     * @param name the configured name of the connection or listener, or {@code dynamic}
     * @param address where to
     * @param server gives the host of the peer of a connection that we make; {@code null} while there is none, and for peers of a listener
     */
    public ProactorSendContext(Message message, String name, String address, Supplier<@Nullable String> server) {
        super(ProactorSendContext::add, Kind.PRODUCER);
        setCarrier(message);
        this.name = name;
        this.address = address;
        this.server = server;
    }

    private static void add(@Nullable Message message, String key, String value) {
        if (message == null) {
            return;
        }
        ApplicationProperties before = message.getApplicationProperties();
        // A copy: the map is the application's, and perhaps can't be changed.
        Map<String, Object> properties = new LinkedHashMap<>();
        if (before != null && before.getValue() != null) {
            properties.putAll(before.getValue());
        }
        properties.put(key, value);
        message.setApplicationProperties(new ApplicationProperties(properties));
    }

    /** {@return the configured name of the connection or listener, or {@code dynamic}} */
    public String name() {
        return name;
    }

    /** {@return where to} */
    public String address() {
        return address;
    }

    /** {@return the host of the peer of a connection that we make; {@code null} while it is not connected, and for peers of a listener} */
    public @Nullable String server() {
        return server.get();
    }

    /** {@return its outcome, or {@code null} while there is none} */
    public @Nullable DeliveryState outcome() {
        return outcome;
    }

    void outcome(@Nullable DeliveryState value) {
        outcome = value;
    }
}
