package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.LISTENER_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Loopback.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.HostResolver;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Look-ups that take their time. */
@Timeout(20)
class LookupTest {

    /** Answers for hosts whose name begins with slow only once it is told to; all names are 127.0.0.1. */
    private static final class SlowResolver implements HostResolver {
        final CountDownLatch answer = new CountDownLatch(1);
        final CountDownLatch asked = new CountDownLatch(1);
        final List<String> hosts = new CopyOnWriteArrayList<>();
        final List<Thread> threads = new CopyOnWriteArrayList<>();

        @Override
        public List<InetAddress> resolve(String host) throws UnknownHostException {
            hosts.add(host);
            threads.add(Thread.currentThread());
            if (host.startsWith("slow")) {
                asked.countDown();
                try {
                    answer.await();
                } catch (InterruptedException e) {
                    throw new UnknownHostException("interrupted");
                }
            }
            return List.of(ip("127.0.0.1"));
        }
    }

    private final SlowResolver resolver = new SlowResolver();

    private Driver driver() {
        return new Driver(Proactor.builder().resolver(resolver).build(), Handlers::mirror);
    }

    private static Connection connect(Driver client, String address) {
        return client.proactor.connect(ConnectionOptions.to(address).build());
    }

    @Test
    @Tag("C39")
    void otherConnectionsGoOnDuringALookUp() throws InterruptedException {
        List<Connection> opened = new ArrayList<>();
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = driver()) {
            Listener listener = Handlers.listen(server);
            client.handler(event -> {
                if (event.type() == CONNECTION_REMOTE_OPEN) {
                    opened.add(event.connection());
                }
            });
            Connection slow = connect(client, "slow.example.invalid:" + listener.localPort());
            client.settle();
            resolver.asked.await();

            Connection literal = connect(client, address(listener));
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            Connection named = connect(client, "quick.example.invalid:" + listener.localPort());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(opened).containsExactly(literal, named);

            resolver.answer.countDown();
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(opened).containsExactly(literal, named, slow);
        }
    }

    @Test
    @Tag("C39")
    void aListenerIsBoundOnceItsNameIsFoundAndHoldsUpNothing() throws InterruptedException {
        try (Driver server = driver()) {
            Listener slow = server.proactor.listen(
                    ListenerOptions.on("slow.example.invalid:0").build());
            server.settle();
            resolver.asked.await();
            Listener quick = Handlers.listen(server);
            assertThat(quick.localPort()).isPositive();
            assertThat(slow.localPort()).isEqualTo(-1);
            resolver.answer.countDown();
            server.runTo(LISTENER_OPEN);
            assertThat(slow.localPort()).isPositive();
        }
    }

    @Test
    @Tag("C39")
    void aLookUpRunsOnAThreadOfItsOwnAndLiteralAddressesNeedNone() {
        try (Driver server = driver()) {
            Listener listener = Handlers.listen(server);
            connect(server, address(listener));
            server.runTo(CONNECTION_REMOTE_OPEN);
            connect(server, "[::1]:" + listener.localPort());
            connect(server, "::1:" + listener.localPort());
            connect(server, ":" + listener.localPort());
            server.settle();
            assertThat(resolver.hosts).isEmpty();

            connect(server, "quick.example.invalid:" + listener.localPort());
            server.runTo(CONNECTION_REMOTE_OPEN);
            assertThat(resolver.hosts).containsExactly("quick.example.invalid");
            assertThat(resolver.threads).doesNotContain(Thread.currentThread()).allMatch(Thread::isDaemon);
        }
    }

    @Test
    @Tag("C59")
    void aListenerClosedDuringItsLookUpDoesNotWaitForIt() throws InterruptedException {
        try (Driver server = driver()) {
            Listener listener = server.proactor.listen(
                    ListenerOptions.on("slow.example.invalid:0").build());
            server.settle();
            resolver.asked.await();
            listener.close();
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.takeLog()).containsExactly(LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThat(listener.condition()).isNull();

            resolver.answer.countDown();
            server.settle();
            assertThat(server.log).isEmpty();
            assertThat(listener.localPort()).isEqualTo(-1);
        }
    }

    @Test
    void aLookUpThatTakesLongerThanTheHandshakeMayEndsWithAnIoError() {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver client = driver()) {
            client.handler(event -> {
                if (event.type() == TRANSPORT_CLOSED) {
                    reasons.add(client.proactor.closeReason(event.connection()));
                }
            });
            client.proactor.connect(ConnectionOptions.to("slow.example.invalid:5672")
                    .handshakeTimeout(Duration.ofMillis(100))
                    .build());
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThatObject(client.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(client.lastCondition.getDescription()).contains("slow.example.invalid:5672");
            assertThat(reasons).containsExactly(CloseReason.HANDSHAKE_TIMEOUT);

            client.takeLog();
            resolver.answer.countDown();
            client.settle();
            assertThat(client.log).isEmpty();
        }
    }

    private static String descriptionOf(UnknownHostException failure) {
        HostResolver none = host -> {
            throw failure;
        };
        try (Driver client = new Driver(Proactor.builder().resolver(none).build(), Handlers::mirror)) {
            connect(client, "some.example.invalid:5672");
            client.runTo(PROACTOR_INACTIVE);
            return client.lastCondition.getDescription();
        }
    }

    @Test
    void aHostThatIsUnknownIsSaidToBeEvenWhereTheFailureHasItsNameAlone() {
        String unknown = "some.example.invalid: unknown host - connect some.example.invalid:5672";
        assertThat(descriptionOf(new UnknownHostException("some.example.invalid")))
                .isEqualTo(unknown);
        assertThat(descriptionOf(new UnknownHostException())).isEqualTo(unknown);
        assertThat(descriptionOf(new UnknownHostException("some.example.invalid: Name or service not known")))
                .startsWith("some.example.invalid: Name or service not known - ");
    }

    @Test
    void aResolverThatFailsForWhateverReasonIsAnAnswer() {
        HostResolver broken = host -> {
            throw new NoClassDefFoundError("names");
        };
        try (Driver client = new Driver(Proactor.builder().resolver(broken).build(), Handlers::mirror)) {
            client.proactor.connect(ConnectionOptions.to("some.example.invalid:5672")
                    .handshakeTimeout(Duration.ZERO)
                    .build());
            client.proactor.listen(ListenerOptions.on("some.example.invalid:0").build());
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).contains(TRANSPORT_ERROR, TRANSPORT_CLOSED, LISTENER_CLOSE);
            assertThat(client.lastCondition.getDescription()).contains("some.example.invalid", "names");
        }
    }

    @Test
    void aProactorClosedDuringALookUpEndsThatThreadToo() throws InterruptedException {
        try (Driver client = driver()) {
            connect(client, "slow.example.invalid:5672");
            client.settle();
            resolver.asked.await();
        }
        Thread lookup = resolver.threads.get(0);
        lookup.join(5_000);
        assertThat(lookup.isAlive()).isFalse();
    }
}
