package dev.proactor.internal.engine;

import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.join;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams of bytes that are nearly right, thousands of them, each from a seed. Nothing is thrown, nothing is printed, and a
 * connection that ends has said why.
 */
class HostilePeerTest {

    private final PrintStream stderr = System.err;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void listenToStderr() {
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void nothingWasPrinted() {
        System.setErr(stderr);
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    /** A conversation that touches most of what a peer can do. */
    static byte[][] conversation() {
        SaslInit init = new SaslInit();
        init.setMechanism(Symbol.valueOf("ANONYMOUS"));
        Disposition accepted = Frames.disposition(Role.RECEIVER, 0, 3, true);
        accepted.setState(Accepted.getInstance());
        return new byte[][] {
            Frames.SASL,
            Frames.sasl(init),
            Frames.AMQP,
            amqp(0, Frames.open()),
            amqp(0, Frames.begin()),
            amqp(1, Frames.begin()),
            amqp(0, Frames.attach("in", 0, Role.SENDER)),
            amqp(0, Frames.attach("out", 1, Role.RECEIVER)),
            amqp(1, Frames.attach("in", 0, Role.SENDER)),
            amqp(0, Frames.flow(1, 0, 10)),
            amqp(0, Frames.flow()),
            amqp(0, Frames.transfer(0, 0), new byte[20]),
            amqp(0, Frames.more(Frames.transfer(0, 1)), new byte[100]),
            amqp(0, Frames.more(Frames.continuation(0)), new byte[100]),
            amqp(0, Frames.continuation(0), new byte[100]),
            amqp(1, Frames.transfer(0, 0), new byte[20]),
            amqp(0, accepted),
            amqp(0, Frames.disposition(Role.SENDER, 0, 1, true)),
            Frames.frame(0, 0, null),
            amqp(0, Frames.detach(0, true)),
            amqp(0, Frames.detach(1, false)),
            amqp(1, Frames.end()),
            amqp(0, Frames.end()),
            amqp(0, Frames.close())
        };
    }

    private static End server() {
        return server(End.serverOptions().maxMessageBytes(250).build());
    }

    static End server(ListenerOptions options) {
        return new End(options) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver receiver) {
                    receiver.flow(10);
                } else if (type == EventType.LINK_FLOW
                        && context instanceof Sender sender
                        && engine.sendable(sender) > 0) {
                    End.send(sender, "s", new byte[50]);
                    sender.delivery(new byte[] {9});
                    sender.send(new byte[50], 0, 50);
                } else if (type == EventType.DELIVERY) {
                    Delivery delivery = (Delivery) context;
                    if (!delivery.isPartial() || delivery.getTag().length > 0 && delivery.available() > 150) {
                        delivery.disposition(Accepted.getInstance());
                        delivery.settle();
                    }
                }
            }
        };
    }

    static void check(End server, String what) {
        server.end();
        for (int round = 0; server.takeOutput().length > 0; round++) {
            assertThat(round).as(what).isLessThan(End.MOST_ROUNDS);
            server.runBatch();
        }
        server.runBatch();
        if (server.engine.wantsInput() || !server.engine.outputFinished()) {
            server.connection().close();
            server.takeOutput();
            server.runBatch();
        }
        assertThat(server.log).as(what).endsWith(EventType.TRANSPORT_CLOSED);
        assertThat(server.log).as(what).containsOnlyOnce(EventType.TRANSPORT_CLOSED);
        if (server.log.contains(EventType.TRANSPORT_ERROR)) {
            assertThat(server.condition()).as(what).isNotNull();
            assertThat(server.condition().getDescription())
                    .as(what)
                    .isNotBlank()
                    .doesNotContain("Exception")
                    .doesNotContain("null");
        }
        assertThat(server.group.activeSessions()).as(what).isZero();
        assertThat(server.group.activeReceivers()).as(what).isZero();
        assertThat(server.group.activeSenders()).as(what).isZero();
        assertThat(server.group.receiverCredit()).as(what).isZero();
        assertThat(server.group.senderCredit()).as(what).isZero();
        assertThat(server.group.active()).as(what).isZero();
    }

    private static void feed(End server, byte[] bytes, Random random) {
        int at = 0;
        while (at < bytes.length) {
            int length = Math.min(bytes.length - at, 1 + random.nextInt(200));
            server.engine.input(ByteBuffer.wrap(bytes, at, length), server.nowNanos);
            at += length;
            server.runBatch();
            if (random.nextBoolean()) {
                server.takeOutput();
                server.runBatch();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void bytesAreChanged(int part) {
        byte[] good = join(conversation());
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(part * 1_000_000L + seed);
            byte[] bytes = good.clone();
            // The handshake stays whole in half of them, so that the rest is reached.
            int from = random.nextBoolean() ? 80 : 0;
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                bytes[from + random.nextInt(bytes.length - from)] = (byte) random.nextInt(256);
            }
            End server = server();
            feed(server, bytes, random);
            check(server, "part " + part + " seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void framesAreMixedUp(int part) {
        byte[][] good = conversation();
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(part * 1_000_000L + seed);
            End server = server();
            int kept = 4 + random.nextInt(8);
            byte[][] mixed = new byte[40][];
            for (int i = 0; i < mixed.length; i++) {
                mixed[i] = i < kept ? good[i] : good[4 + random.nextInt(good.length - 4)];
                if (i >= kept && random.nextInt(10) == 0) {
                    mixed[i] = mixed[i].clone();
                    mixed[i][7] = (byte) random.nextInt(4);
                }
            }
            feed(server, join(mixed), random);
            check(server, "part " + part + " seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void bodiesOfFramesAreRandom(int part) {
        byte[] hello = join(Frames.AMQP, amqp(0, Frames.open()), amqp(0, Frames.begin()));
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(part * 1_000_000L + seed);
            byte[] body = new byte[3 + random.nextInt(60)];
            random.nextBytes(body);
            body[0] = 0;
            body[1] = 0x53;
            body[2] = (byte) (0x10 + random.nextInt(9));
            if (random.nextBoolean()) {
                body = join(body, new byte[] {(byte) 0xc0, (byte) random.nextInt(50), (byte) random.nextInt(12)});
            }
            End server = server();
            server.exchange(hello);
            feed(server, Frames.frame(0, 0, null, body), random);
            check(server, "part " + part + " seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100, 4_000})
    void deepNestingAndLargeClaimsAreRefused(int depth) {
        byte[] hello = join(Frames.AMQP, amqp(0, Frames.open()));
        byte[] nested = new byte[3 * depth + 1];
        for (int i = 0; i < depth; i++) {
            nested[3 * i] = 0;
            nested[3 * i + 1] = 0x53;
            nested[3 * i + 2] = 0x11;
        }
        nested[3 * depth] = 0x45;
        byte[] array = new byte[] {0, 0x53, 0x11, (byte) 0xf0, 0x7f, -1, -1, -1, 0x7f, -1, -1, -1, 0x45};
        byte[] list = new byte[] {0, 0x53, 0x11, (byte) 0xd0, 0, 0, 0, 9, 0x7f, -1, -1, -1, 0x45};
        for (byte[] body : new byte[][] {nested, array, list}) {
            End server = server();
            server.exchange(hello);
            feed(server, Frames.frame(0, 0, null, body), new Random(depth));
            assertThat((Object) server.condition()).isNotNull();
            check(server, "depth " + depth);
        }
    }
}
