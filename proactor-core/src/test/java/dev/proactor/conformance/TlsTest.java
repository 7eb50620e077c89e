package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Conditions.assertFramingError;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerTls;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.LinkPair;
import dev.proactor.testing.Loopback;
import dev.proactor.testing.RawPeer;
import dev.proactor.testing.TestCertificates;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS, client and server: whom one trusts, what is told when it fails, and how it ends. */
@Timeout(30)
class TlsTest {

    private static final TestCertificates OURS = new TestCertificates();
    private static final TestCertificates FOREIGN = new TestCertificates();
    private static final String NAME = "test-server.example";
    private static final TestCertificates.Identity SERVER = OURS.issue(NAME);

    private static ServerTls server() {
        return ServerTls.of(OURS.context(SERVER));
    }

    /** A server that speaks one version of the protocol only. */
    private static ServerTls server(SSLContext context, String protocol) {
        return ServerTls.engines((host, port) -> {
            SSLEngine engine = context.createSSLEngine();
            engine.setEnabledProtocols(new String[] {protocol});
            return engine;
        });
    }

    /** What came of one attempt. */
    private static final class Attempt implements AutoCloseable {
        final AtomicReference<SSLSession> session = new AtomicReference<>();
        final AtomicReference<SSLSession> serverSession = new AtomicReference<>();
        final Driver server = new Driver(event -> {
            Handlers.mirror(event);
            remember(event, serverSession());
        });
        final Driver client = new Driver(event -> {
            remember(event, session());
            if (event.type() == CONNECTION_REMOTE_OPEN) {
                event.connection().close();
            }
        });
        final Listener listener;

        Attempt(ServerTls serverTls, ClientTls clientTls) {
            this(serverTls, clientTls, "127.0.0.1");
        }

        Attempt(ServerTls serverTls, ClientTls clientTls, String host) {
            ListenerOptions.Builder options = ListenerOptions.on("127.0.0.1:0");
            listener = Handlers.listen(server, (serverTls == null ? options : options.tls(serverTls)).build());
            ConnectionOptions.Builder connection = ConnectionOptions.to(host + ":" + listener.localPort());
            client.proactor.connect((clientTls == null ? connection : connection.tls(clientTls)).build());
            client.runTo(TRANSPORT_CLOSED, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end at the server", client);
        }

        private AtomicReference<SSLSession> session() {
            return session;
        }

        private AtomicReference<SSLSession> serverSession() {
            return serverSession;
        }

        private static void remember(Event event, AtomicReference<SSLSession> session) {
            if (event.type() == CONNECTION_REMOTE_OPEN) {
                session.set(event.proactor().tlsSession(event.connection()));
            }
        }

        void assertBothWell() {
            assertThat(client.log).contains(CONNECTION_REMOTE_OPEN).doesNotContain(TRANSPORT_ERROR);
            assertThat(server.log).contains(CONNECTION_REMOTE_OPEN).doesNotContain(TRANSPORT_ERROR);
        }

        void assertClientRefused(String why) {
            assertThat(client.log).containsOnlyOnce(TRANSPORT_ERROR).containsOnlyOnce(TRANSPORT_CLOSED);
            assertThat(client.log).doesNotContain(CONNECTION_REMOTE_OPEN);
            assertFramingError(client.lastCondition, "SSL: ");
            assertThat(client.lastCondition.getDescription()).contains(why);
            assertThat(server.log).containsOnlyOnce(TRANSPORT_CLOSED).doesNotContain(CONNECTION_REMOTE_OPEN);
            assertFramingError(server.lastCondition, "SSL: ");
        }

        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    @Test
    @Tag("C118")
    void aClientWithTheDefaultsRefusesACertificateThatNobodyKnows() {
        try (Attempt attempt = new Attempt(server(), ClientTls.defaults())) {
            attempt.assertClientRefused("unable to find valid certification path");
            // The alert has come: the server says what the client thinks of it.
            assertFramingError(attempt.server.lastCondition, "certificate_unknown");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    @Tag("C119")
    void whoTrustsAnyoneOnPurposeGetsThrough(String protocol) {
        ServerTls server = server(FOREIGN.context(FOREIGN.issue("whoever")), protocol);
        try (Attempt attempt = new Attempt(server, ClientTls.trustingAnyone())) {
            attempt.assertBothWell();
            assertThat(attempt.session.get().getProtocol()).isEqualTo(protocol);
            assertThat(attempt.serverSession.get().getProtocol()).isEqualTo(protocol);
        }
    }

    @Test
    @Tag("C120")
    void theRightNameOnATrustedCertificateGetsThrough() throws Exception {
        AtomicReference<String> indicated = new AtomicReference<>();
        SSLContext context = OURS.context(SERVER);
        ServerTls server = ServerTls.engines((host, port) -> new IndicatedName(context, indicated).engine());
        try (Attempt attempt =
                new Attempt(server, ClientTls.of(OURS.context(null)).serverName(NAME))) {
            attempt.assertBothWell();
            assertThat(((X509Certificate) attempt.session.get().getPeerCertificates()[0])
                            .getSubjectX500Principal()
                            .getName())
                    .isEqualTo("CN=" + NAME);
            assertThat(indicated).hasValue(NAME);
        }
    }

    @Test
    @Tag("C120")
    void theHostOfTheAddressIsTheNameThatIsChecked() {
        ServerTls server = ServerTls.of(OURS.context(OURS.issue("localhost")));
        try (Attempt attempt = new Attempt(server, ClientTls.of(OURS.context(null)), "localhost")) {
            attempt.assertBothWell();
        }
    }

    @Test
    @Tag("C121")
    void aWrongNameIsRefused() {
        try (Attempt attempt =
                new Attempt(server(), ClientTls.of(OURS.context(null)).serverName("wrong-name.example"))) {
            attempt.assertClientRefused("wrong-name.example");
        }
    }

    @Test
    @Tag("C122")
    void withoutTheCheckOfNamesAnyTrustedCertificateDoes() {
        ClientTls client = ClientTls.of(OURS.context(null)).verifyName(false);
        try (Attempt attempt = new Attempt(server(), client.serverName("wrong-name.example"));
                Attempt noName = new Attempt(server(), client)) {
            attempt.assertBothWell();
            noName.assertBothWell();
        }
    }

    @Test
    @Tag("C123")
    void withoutTheCheckOfNamesACertificateMustStillBeTrusted() {
        ServerTls server = ServerTls.of(FOREIGN.context(FOREIGN.issue(NAME)));
        try (Attempt attempt =
                new Attempt(server, ClientTls.of(OURS.context(null)).verifyName(false))) {
            attempt.assertClientRefused("PKIX");
        }
    }

    @Test
    @Tag("C123")
    void anExpiredCertificateIsRefused() {
        ServerTls server = ServerTls.of(OURS.context(OURS.issueExpired(NAME)));
        try (Attempt attempt =
                new Attempt(server, ClientTls.of(OURS.context(null)).serverName(NAME))) {
            attempt.assertClientRefused("validity check failed");
        }
    }

    @Test
    @Tag("C124")
    void aServerWithoutACertificateServesNobody() {
        try (Attempt attempt = new Attempt(
                ServerTls.of(OURS.context(null)),
                ClientTls.of(OURS.context(null)).serverName(NAME))) {
            attempt.assertClientRefused("handshake_failure");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void clientCertificatesAreWantedOrRequired(String protocol) throws Exception {
        ServerTls none = server(OURS.context(SERVER), protocol);
        ServerTls wanted = none.clientCertificates(ClientCertificates.WANTED);
        ServerTls required = none.clientCertificates(ClientCertificates.REQUIRED);
        ClientTls known = ClientTls.of(OURS.context(OURS.issue("device-7"))).serverName(NAME);
        ClientTls unknown = ClientTls.of(OURS.context(null)).serverName(NAME);

        for (ServerTls server : List.of(wanted, required)) {
            try (Attempt attempt = new Attempt(server, known)) {
                attempt.assertBothWell();
                assertThat(attempt.serverSession.get().getPeerPrincipal().getName())
                        .isEqualTo("CN=device-7");
            }
        }
        try (Attempt attempt = new Attempt(wanted, unknown)) {
            attempt.assertBothWell();
        }
        try (Attempt attempt = new Attempt(none, known)) {
            attempt.assertBothWell();
            assertThat(attempt.serverSession.get().getLocalPrincipal().getName())
                    .isEqualTo("CN=" + NAME);
        }
        try (Attempt attempt = new Attempt(required, unknown)) {
            assertThat(attempt.client.log).contains(TRANSPORT_ERROR).doesNotContain(CONNECTION_REMOTE_OPEN);
            assertFramingError(attempt.server.lastCondition, "SSL: ");
            assertFramingError(attempt.client.lastCondition, "SSL: ");
        }
    }

    @Test
    void aContextThatWasLoadedAnewServesTheNextHandshake() {
        AtomicReference<SSLContext> current = new AtomicReference<>(FOREIGN.context(FOREIGN.issue(NAME)));
        ServerTls server = ServerTls.of(current::get);
        ClientTls client = ClientTls.of(OURS.context(null)).serverName(NAME);
        try (Attempt attempt = new Attempt(server, client)) {
            attempt.assertClientRefused("PKIX");
        }
        current.set(OURS.context(SERVER));
        try (Attempt attempt = new Attempt(server, client)) {
            attempt.assertBothWell();
        }
    }

    @Test
    void aContextThatCantBeHadEndsThatConnectionOnly() {
        ServerTls server = ServerTls.of(() -> {
            throw new IllegalStateException("no keystore today");
        });
        try (Attempt attempt = new Attempt(server, ClientTls.trustingAnyone())) {
            assertFramingError(attempt.server.lastCondition, "no keystore today");
        }
        ClientTls client = ClientTls.of(() -> {
            throw new IllegalStateException("no truststore today");
        });
        try (Attempt attempt = new Attempt(server(), client)) {
            assertFramingError(attempt.client.lastCondition, "no truststore today");
        }
    }

    @Test
    @Tag("C95")
    void aPeerThatSpeaksPlainAmqpWhereTlsIsRequiredIsToldSo() {
        try (Attempt attempt = new Attempt(server(), null)) {
            assertThat(attempt.client.log).contains(TRANSPORT_CLOSED);
            assertCondition(
                    attempt.server.lastCondition,
                    "amqp:connection:policy-error",
                    "Client connection unencrypted - forbidden");
        }
    }

    @Test
    @Tag("C127")
    void onePortTakesTlsSaslAndPlainAmqp() {
        ServerTls both = server().plainAllowed(true);
        try (Attempt secure = new Attempt(both, ClientTls.of(OURS.context(null)).serverName(NAME));
                Attempt sasl = new Attempt(both, null)) {
            secure.assertBothWell();
            assertThat(secure.serverSession.get()).isNotNull();
            sasl.assertBothWell();
            assertThat(sasl.serverSession.get()).isNull();
        }
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver()) {
            Listener listener = Handlers.listen(
                    server, ListenerOptions.on("127.0.0.1:0").tls(both).build());
            client.proactor.connect(ConnectionOptions.to(address(listener))
                    .sasl(dev.proactor.security.ClientSasl.none())
                    .build());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void messagesOfAllSizesArriveWhole(String protocol) {
        byte[] sent = new byte[700_000];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31);
        }
        SSLContext context = OURS.context(SERVER);
        try (LinkPair pair = new LinkPair(
                client -> client.tls(ClientTls.of(OURS.context(null)).serverName(NAME)),
                server -> server.tls(server(context, protocol)))) {
            List<byte[]> received = new ArrayList<>();
            pair.deliveryHandler = delivery -> {
                if (!delivery.isPartial()) {
                    byte[] bytes = new byte[delivery.available()];
                    pair.receiver.recv(bytes, 0, bytes.length);
                    received.add(bytes);
                    pair.receiver.advance();
                    delivery.settle();
                }
            };
            pair.server.proactor.execute(pair.serverConnection, () -> pair.receiver.flow(10));
            pair.client.runUntil(() -> pair.sender.getCredit() == 10, "credit", pair.server);
            int[] sizes = {1, 1000, 16_384, 70_000, sent.length};
            pair.client.proactor.execute(pair.connection, () -> {
                for (int size : sizes) {
                    Delivery delivery = pair.sender.delivery(new byte[] {(byte) (size % 127)});
                    pair.sender.send(sent, 0, size);
                    pair.sender.advance();
                    delivery.settle();
                }
            });
            pair.client.runUntil(() -> received.size() == sizes.length, "messages", pair.server);
            for (int i = 0; i < sizes.length; i++) {
                assertThat(received.get(i)).isEqualTo(Arrays.copyOf(sent, sizes[i]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C126")
    void anEndOfTcpWithoutTheClosingAlertIsJudgedByAmqp(boolean afterClose) throws Exception {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = Handlers.listen(
                    server, ListenerOptions.on("127.0.0.1:0").tls(server()).build());
            Socket plain = Loopback.connect(listener.localPort());
            SSLSocket socket = (SSLSocket)
                    OURS.context(null).getSocketFactory().createSocket(plain, NAME, listener.localPort(), false);
            CompletableFuture<Void> opened = CompletableFuture.runAsync(() -> talk(socket, afterClose));
            server.runUntil(opened::isDone, "end of the client's talk");
            opened.join();
            // Under TLS: a bare FIN.
            plain.shutdownOutput();
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end");
            if (afterClose) {
                assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
            } else {
                assertFramingError(server.lastCondition, "connection aborted");
            }
            plain.close();
        }
    }

    private static void talk(SSLSocket socket, boolean close) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write("AMQP\0\1\0\0".getBytes(StandardCharsets.ISO_8859_1));
            // open with container-id "c"
            out.write(new byte[] {0, 0, 0, 17, 2, 0, 0, 0, 0, 0x53, 0x10, (byte) 0xc0, 4, 1, (byte) 0xa1, 1, 'c'});
            if (close) {
                out.write(new byte[] {0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x18, 0x45});
            }
            out.flush();
            // The server's header and open have come: it has read all of ours.
            byte[] header = socket.getInputStream().readNBytes(16);
            assertThat(header).startsWith("AMQP".getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theEndIsSaidByTlsToo() throws Exception {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = Handlers.listen(
                    server, ListenerOptions.on("127.0.0.1:0").tls(server()).build());
            Socket plain = Loopback.connect(listener.localPort());
            SSLSocket socket = (SSLSocket)
                    OURS.context(null).getSocketFactory().createSocket(plain, NAME, listener.localPort(), true);
            CompletableFuture<Integer> rest = CompletableFuture.supplyAsync(() -> {
                talk(socket, true);
                try {
                    // A truncated stream throws instead.
                    return socket.getInputStream().readAllBytes().length;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            server.runUntil(rest::isDone, "end of the client's talk");
            assertThat(rest.join()).isPositive();
            socket.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"truncated", "garbage record", "oversize record", "silent"})
    void aBrokenHandshakeEndsThatConnectionOnly(String how) throws Exception {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .tls(server())
                            // The others end by what they say, and the next one's handshake may take its time.
                            .handshakeTimeout(Duration.ofSeconds(how.equals("silent") ? 2 : 20))
                            .build());
            try (Socket socket = Loopback.connect(listener.localPort())) {
                OutputStream out = socket.getOutputStream();
                switch (how) {
                    case "truncated" -> {
                        out.write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc});
                        socket.shutdownOutput();
                    }
                    case "garbage record" -> {
                        byte[] garbage = new byte[600];
                        Arrays.fill(garbage, (byte) 0x5a);
                        System.arraycopy(new byte[] {22, 3, 1, 2, 0}, 0, garbage, 0, 5);
                        out.write(garbage);
                    }
                    case "oversize record" -> {
                        byte[] record = new byte[40_000];
                        System.arraycopy(new byte[] {22, 3, 1, (byte) 0xff, (byte) 0xff}, 0, record, 0, 5);
                        out.write(record);
                    }
                    default -> out.write(22);
                }
                server.runTo(TRANSPORT_CLOSED);
                ErrorCondition condition = server.lastCondition;
                if (how.equals("silent")) {
                    assertCondition(condition, "amqp:resource-limit-exceeded", "handshake not finished");
                } else {
                    assertFramingError(condition, "SSL: ");
                }
            }
            // The next one is served.
            Driver client = new Driver();
            client.proactor.connect(ConnectionOptions.to(address(listener))
                    .tls(ClientTls.of(OURS.context(null)).serverName(NAME))
                    .build());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            client.close();
        }
    }

    @Test
    void renegotiationIsRefused() throws Exception {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .tls(server(OURS.context(SERVER), "TLSv1.2"))
                            .build());
            Socket plain = Loopback.connect(listener.localPort());
            SSLSocket socket = (SSLSocket)
                    OURS.context(null).getSocketFactory().createSocket(plain, NAME, listener.localPort(), true);
            AtomicInteger handshakes = new AtomicInteger();
            socket.addHandshakeCompletedListener(event -> handshakes.incrementAndGet());
            CompletableFuture<Void> talk = CompletableFuture.runAsync(() -> {
                talk(socket, false);
                try {
                    socket.startHandshake();
                    socket.getInputStream().readAllBytes();
                } catch (SSLException refused) {
                    // As it should be.
                } catch (IOException e) {
                    // The connection is gone, which is as good.
                }
            });
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED) && talk.isDone(), "refusal");
            assertFramingError(server.lastCondition, "renegotiation is refused");
            plain.close();
        }
    }

    /** A server of TLS 1.2 that says its last words of the handshake no sooner than it is told to. */
    private static final class SlowServer {
        private final SocketChannel channel;
        private final SSLEngine engine = OURS.context(SERVER).createSSLEngine();
        private final ByteBuffer input = ByteBuffer.allocate(64 * 1024);
        private final ByteBuffer output = ByteBuffer.allocate(64 * 1024);
        private boolean answered;

        SlowServer(SocketChannel channel) throws IOException {
            this.channel = channel;
            channel.configureBlocking(false);
            engine.setUseClientMode(false);
            engine.setEnabledProtocols(new String[] {"TLSv1.2"});
            engine.beginHandshake();
        }

        /** Goes on. Whether only its last words are missing. */
        boolean hasLastWords() {
            try {
                return handshake();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private boolean handshake() throws IOException {
            channel.read(input);
            for (; ; ) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_TASK -> engine.getDelegatedTask().run();
                    case NEED_WRAP -> {
                        if (answered) {
                            return true;
                        }
                        wrap(new byte[0]);
                    }
                    default -> {
                        if (output.position() > 0) {
                            answered = true;
                            send();
                        }
                        input.flip();
                        int before = input.remaining();
                        if (before > 0) {
                            engine.unwrap(input, ByteBuffer.allocate(64 * 1024));
                        }
                        boolean stuck = input.remaining() == before;
                        input.compact();
                        if (stuck) {
                            return false;
                        }
                    }
                }
            }
        }

        /** Sends its last words, and together with them the first ones of AMQP. */
        void finishAndSay(byte[]... words) throws IOException {
            while (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
                wrap(new byte[0]);
            }
            assertThat(engine.getHandshakeStatus()).isEqualTo(SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING);
            for (byte[] each : words) {
                wrap(each);
            }
            send();
        }

        private void wrap(byte[] plain) throws IOException {
            engine.wrap(ByteBuffer.wrap(plain), output);
        }

        private void send() throws IOException {
            channel.write(output.flip());
            assertThat(output.hasRemaining()).isFalse();
            output.clear();
        }
    }

    @Test
    void whatComesWithTheEndOfAHandshakeThatAWriteFinishesIsReadAtOnce() throws Exception {
        AtomicReference<SlowServer> server = new AtomicReference<>();
        try (ServerSocketChannel listening = RawPeer.listen();
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_WAKE) {
                        server.get().finishAndSay(Frames.AMQP_HEADER, Frames.frame(0, Frames.open()));
                        // It writes only: the end of the handshake is found by that.
                        event.proactor().flush(event.connection());
                        assertThat(event.proactor().tlsSession(event.connection()))
                                .isNotNull();
                    }
                })) {
            // No deadline has it look at the socket by chance.
            Connection connection = client.proactor.connect(ConnectionOptions.to(RawPeer.address(listening))
                    .tls(ClientTls.trustingAnyone())
                    .sasl(dev.proactor.security.ClientSasl.none())
                    .handshakeTimeout(Duration.ZERO)
                    .idleTimeout(Duration.ZERO)
                    .build());
            client.runUntil(() -> client.proactor.remoteAddress(connection) != null, "connection");
            try (SocketChannel accepted = listening.accept()) {
                server.set(new SlowServer(accepted));
                client.runUntil(server.get()::hasLastWords, "the client's last words of the handshake");
                client.settle();
                client.proactor.wake(connection);
                client.runTo(CONNECTION_REMOTE_OPEN);
            }
        }
    }

    @Test
    void whoEndsAConnectionInItsHandshakeDoesNotSpin() throws Exception {
        try (ServerSocketChannel listening = RawPeer.listen();
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_WAKE) {
                        event.transport().close_head();
                    }
                })) {
            Connection connection = client.proactor.connect(ConnectionOptions.to(RawPeer.address(listening))
                    .tls(ClientTls.trustingAnyone())
                    .build());
            client.runUntil(() -> client.proactor.remoteAddress(connection) != null, "connection");
            client.settle();
            client.proactor.wake(connection);
            client.runTo(TRANSPORT_CLOSED);
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            try (EventBatch batch = client.proactor.await(Duration.ofMillis(500))) {
                assertThat(batch).isNull();
            }
            long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
            assertThat(cpu).as("nanoseconds of the processor").isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    /** An engine that remembers which name the client indicated. */
    private record IndicatedName(SSLContext context, AtomicReference<String> name) {
        SSLEngine engine() {
            SSLEngine engine = context.createSSLEngine();
            var parameters = engine.getSSLParameters();
            parameters.setSNIMatchers(List.of(new javax.net.ssl.SNIMatcher(0) {
                @Override
                public boolean matches(javax.net.ssl.SNIServerName serverName) {
                    name.set(new SNIHostName(serverName.getEncoded()).getAsciiName());
                    return true;
                }
            }));
            engine.setSSLParameters(parameters);
            return engine;
        }
    }
}
