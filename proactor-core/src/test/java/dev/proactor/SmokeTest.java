package dev.proactor;

import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;

class SmokeTest {

    @Test
    void aMessageGoesFromAClientToAServerAndIsAccepted() {
        List<Object> received = new ArrayList<>();
        try (Driver server = new Driver(event -> {
                    Handlers.mirror(event);
                    if (event.type() == EventType.DELIVERY
                            && event.receiver() != null
                            && !event.delivery().isPartial()) {
                        Message message = Message.Factory.create();
                        message.decode(event.receiver().recv());
                        received.add(((AmqpValue) message.getBody()).getValue());
                        event.delivery().disposition(Accepted.getInstance());
                        event.delivery().settle();
                    }
                });
                Driver client = new Driver(SmokeTest::client)) {
            Listener listener = listen(server);
            client.proactor.connect(ConnectionOptions.to(address(listener)).build());
            client.runTo(EventType.PROACTOR_INACTIVE, server);
            assertThat(received).containsExactly("hello");
            assertThat(client.lastCondition).isNull();
            listener.close();
            server.runTo(EventType.PROACTOR_INACTIVE);
            assertThat(server.lastCondition).isNull();
        }
    }

    private static void client(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> {
                Session session = event.connection().session();
                session.open();
                Sender sender = session.sender("greetings");
                Target target = new Target();
                target.setAddress("greetings");
                sender.setTarget(target);
                sender.open();
            }
            case LINK_FLOW -> {
                Sender sender = event.sender();
                if (sender != null && event.proactor().sendable(sender) > 0 && sender.getUnsettled() == 0) {
                    Message message = Message.Factory.create();
                    message.setBody(new AmqpValue("hello"));
                    byte[] bytes = new byte[256];
                    sender.delivery("1".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    sender.send(bytes, 0, message.encode(bytes, 0, bytes.length));
                    sender.advance();
                }
            }
            case DELIVERY -> {
                assertThat(event.delivery().getRemoteState()).isInstanceOf(Accepted.class);
                event.delivery().settle();
                event.connection().close();
            }
            default -> {}
        }
    }
}
