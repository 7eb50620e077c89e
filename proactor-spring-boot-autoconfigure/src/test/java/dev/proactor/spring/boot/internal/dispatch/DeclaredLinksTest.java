package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.connection.ConnectionSpec.SenderSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.SettleMode;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.qpid.proton.amqp.DescribedType;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.messaging.TerminusDurability;
import org.apache.qpid.proton.amqp.messaging.TerminusExpiryPolicy;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is declared of a link is what its peer sees, and what the peer answers is what was asked for. */
@Timeout(30)
class DeclaredLinksTest {

    /** The peer's ends, by the links' names. */
    @ProactorHandler(listeners = "ingress", addresses = "**")
    static class Peer {
        final Map<String, Link> seen = new ConcurrentHashMap<>();

        @OnLinkOpened
        void opened(Link link) {
            seen.put(link.getName(), link);
        }

        @OnMessage
        void message(@Body String any) {}
    }

    /** Our ends, by the links' names. */
    @ProactorHandler(connections = "device")
    static class Device {
        final Map<String, Link> opened = new ConcurrentHashMap<>();

        @OnLinkOpened
        void opened(Link link) {
            opened.put(link.getName(), link);
        }
    }

    private final Peer peer = new Peer();
    private final Device device = new Device();

    private void connect(RunningApp app, ConnectionSpec spec, int links) {
        app.connections.register("device", spec);
        await().until(() -> peer.seen.size() == links && device.opened.size() == links);
    }

    private static ConnectionSpec to(RunningApp app) {
        return ConnectionSpec.to("amqp://localhost:" + app.ingress.localPort());
    }

    @Test
    void aReceiverAsksForWhatIsDeclared() {
        ReceiverSpec declared = new ReceiverSpec(
                "orders",
                7,
                List.of("queue", "shared"),
                "colour = 'red'",
                true,
                "my-subscription",
                SettleMode.UNSETTLED,
                0,
                Redelivery.DEFAULT);
        try (RunningApp app = new RunningApp(peer, device)) {
            connect(app, to(app).withReceiver("orders", declared), 1);
            Source source = (Source) peer.seen.get("my-subscription").getRemoteSource();
            assertThat(source.getAddress()).isEqualTo("orders");
            assertThat(source.getCapabilities()).containsExactly(Symbol.valueOf("queue"), Symbol.valueOf("shared"));
            assertThat(source.getDurable()).isEqualTo(TerminusDurability.UNSETTLED_STATE);
            assertThat(source.getExpiryPolicy()).isEqualTo(TerminusExpiryPolicy.NEVER);
            DescribedType selector =
                    (DescribedType) source.getFilter().get(Symbol.valueOf("apache.org:selector-filter:string"));
            assertThat(selector.getDescriptor()).isEqualTo(UnsignedLong.valueOf(0x0000468C00000004L));
            assertThat(selector.getDescribed()).isEqualTo("colour = 'red'");
        }
    }

    @Test
    void aPlainReceiverAsksForNothingMore() {
        try (RunningApp app = new RunningApp(peer, device)) {
            connect(app, to(app).withReceiver("plain", new ReceiverSpec("orders", 7)), 1);
            Link link = peer.seen.get("device/plain");
            Source source = (Source) link.getRemoteSource();
            assertThat(source.getCapabilities()).isNull();
            assertThat(source.getFilter()).isNull();
            assertThat(source.getDurable()).isEqualTo(TerminusDurability.NONE);
            assertThat(link.getRemoteSenderSettleMode()).isEqualTo(SenderSettleMode.MIXED);
        }
    }

    @Test
    void thePeerAnswersWithTheSettleModeThatWasAskedFor() {
        try (RunningApp app = new RunningApp(peer, device)) {
            ConnectionSpec spec = to(app);
            for (SettleMode mode : SettleMode.values()) {
                spec = spec.withReceiver(
                        mode.name(),
                        new ReceiverSpec(
                                "orders", 1, List.of(), null, false, mode.name(), mode, 0, Redelivery.DEFAULT));
            }
            connect(app, spec, 3);
            for (SettleMode mode : SettleMode.values()) {
                SenderSettleMode same = SenderSettleMode.valueOf(mode.name());
                assertThat(((Sender) peer.seen.get(mode.name())).getRemoteSenderSettleMode())
                        .isEqualTo(same);
                assertThat(((Receiver) device.opened.get(mode.name())).getRemoteSenderSettleMode())
                        .isEqualTo(same);
            }
        }
    }

    @Test
    void aSenderAsksForWhatIsDeclared() {
        try (RunningApp app = new RunningApp(peer, device)) {
            ConnectionSpec plain = to(app);
            ConnectionSpec spec = new ConnectionSpec(
                    plain.uris(),
                    null,
                    true,
                    true,
                    plain.idleTimeout(),
                    plain.maxFrameBytes(),
                    plain.connectTimeout(),
                    plain.reconnect(),
                    Map.of(),
                    Map.of("events", new SenderSpec("news", List.of("topic"))));
            connect(app, spec, 1);
            Target target = (Target) peer.seen.get("device/events").getRemoteTarget();
            assertThat(target.getAddress()).isEqualTo("news");
            assertThat(target.getCapabilities()).containsExactly(Symbol.valueOf("topic"));
        }
    }
}
