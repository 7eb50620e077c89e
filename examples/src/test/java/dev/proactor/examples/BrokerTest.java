package dev.proactor.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.amqp.transport.AmqpError;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a broker's peers may do wrong, or do in the middle. */
@Timeout(120)
class BrokerTest {

    @Test
    void whatAReceiverHadNotSettledGoesBackInItsOrder() throws Exception {
        // One thread, which sees that the first receiver is gone before it gets to hear of the second.
        try (Running broker = new Running("broker", "--listen", "localhost:0", "--threads", "1")) {
            String at = broker.address();
            assertThat(Examples.run("send", "--connect", at, "--count", "6", "--size", "64"))
                    .isZero();
            AtomicInteger seen = new AtomicInteger();
            with(at, event -> {
                if (event.type() == EventType.CONNECTION_INIT) {
                    Receiver receiver = session(event).receiver("r");
                    Source source = new Source();
                    source.setAddress("examples");
                    receiver.setSource(source);
                    receiver.setTarget(new Target());
                    receiver.open();
                    receiver.flow(4);
                } else if (event.type() == EventType.DELIVERY) {
                    event.receiver().recv();
                    event.receiver().advance();
                    return seen.incrementAndGet() == 4;
                }
                return false;
            });
            assertThat(seen).hasValue(4);
            assertThat(Examples.run("receive", "--connect", at, "--count", "6", "--verify"))
                    .isZero();
        }
    }

    @Test
    void aCoordinatorIsRefused() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0")) {
            with(broker.address(), event -> {
                if (event.type() == EventType.CONNECTION_INIT) {
                    Sender sender = session(event).sender("transactions");
                    sender.setSource(new Source());
                    sender.setTarget(new Coordinator());
                    sender.open();
                } else if (event.type() == EventType.LINK_REMOTE_CLOSE) {
                    assertThat((Object) event.link().getRemoteCondition().getCondition())
                            .isEqualTo(AmqpError.NOT_IMPLEMENTED);
                    return true;
                }
                return false;
            });
        }
    }

    private static Session session(Event event) {
        Session session = event.connection().session();
        session.open();
        return session;
    }

    /** Ends without a word when the handler says so. */
    private static void with(String address, Loop.Handler handler) throws InterruptedException {
        try (Proactor proactor = Proactor.create()) {
            proactor.connect(ConnectionOptions.to(address).build());
            Loop.run(proactor, handler);
        }
    }
}
