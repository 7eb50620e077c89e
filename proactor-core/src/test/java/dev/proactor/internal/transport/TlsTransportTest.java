package dev.proactor.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.testing.TestCertificates;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server's side of TLS against a client whose records come just as the test wants. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsTransportTest {

    private static final TestCertificates OURS = new TestCertificates();
    private static final SSLContext SERVER = OURS.context(OURS.issue("test-server.example"));

    /** A client, and the network between. */
    private static final class Peer implements ByteChannel {
        final SSLEngine engine = OURS.context(null).createSSLEngine();
        final ByteArrayOutputStream toServer = new ByteArrayOutputStream();
        private final ByteBuffer fromServer = ByteBuffer.allocate(256 * 1024);
        private ByteBuffer onItsWay = ByteBuffer.allocate(0);
        /** Sent for as long as the server reads. */
        Callable<byte[]> flood;

        TlsTransport takesNothingOnceSecured;

        Peer(String protocol) throws Exception {
            engine.setUseClientMode(true);
            engine.setEnabledProtocols(new String[] {protocol});
            engine.beginHandshake();
        }

        /** Sends what there is to send: of the handshake, and then of these bytes. */
        void send(byte... plain) throws Exception {
            ByteBuffer source = ByteBuffer.wrap(plain);
            ByteBuffer record = ByteBuffer.allocate(64 * 1024);
            boolean handshakes = true;
            while (handshakes) {
                assertNotInterrupted();
                switch (engine.getHandshakeStatus()) {
                    case NEED_TASK -> engine.getDelegatedTask().run();
                    case NEED_WRAP -> wrap(source, record);
                    case NEED_UNWRAP -> {
                        fromServer.flip();
                        int before = fromServer.remaining();
                        if (before > 0) {
                            engine.unwrap(fromServer, ByteBuffer.allocate(64 * 1024));
                        }
                        handshakes = fromServer.remaining() < before;
                        fromServer.compact();
                    }
                    default -> handshakes = false;
                }
            }
            if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING && plain.length > 0) {
                wrap(source, record);
            }
        }

        private void wrap(ByteBuffer source, ByteBuffer record) throws Exception {
            engine.wrap(source, record.clear());
            toServer.write(record.array(), 0, record.position());
        }

        /** A record in which there is nothing but the wish for new keys (RFC 8446, 4.6.3). */
        byte[] keyUpdate() throws Exception {
            ByteBuffer record = ByteBuffer.allocate(64 * 1024);
            engine.beginHandshake();
            engine.wrap(ByteBuffer.allocate(0), record);
            byte[] bytes = new byte[record.position()];
            record.flip().get(bytes);
            assertThat(bytes).isNotEmpty();
            return bytes;
        }

        @Override
        public int read(ByteBuffer target) {
            if (!onItsWay.hasRemaining()) {
                onItsWay = ByteBuffer.wrap(toServer.size() > 0 || flood == null ? toServer.toByteArray() : more());
                toServer.reset();
            }
            int count = 0;
            while (onItsWay.hasRemaining() && target.hasRemaining()) {
                target.put(onItsWay.get());
                count++;
            }
            return count;
        }

        private byte[] more() {
            assertNotInterrupted();
            try {
                return flood.call();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int write(ByteBuffer source) {
            if (takesNothingOnceSecured != null && takesNothingOnceSecured.security() != null) {
                return 0;
            }
            int count = source.remaining();
            if (flood == null) {
                fromServer.put(source);
            } else {
                source.position(source.limit());
            }
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static TlsTransport server(Peer peer, String protocol) throws Exception {
        SSLEngine engine = SERVER.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setEnabledProtocols(new String[] {protocol});
        return TlsTransport.server(SocketChannel.open(), peer, engine);
    }

    /** A thread whose time is over ends, and does not spin on beside the other tests. */
    private static void assertNotInterrupted() {
        assertThat(Thread.currentThread().isInterrupted()).as("interrupted").isFalse();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aHandshakeThatEndsInAWriteThatTheNetworkDoesNotTakeLeavesNothingUnread() throws Exception {
        Peer peer = new Peer("TLSv1.3");
        TlsTransport server = server(peer, "TLSv1.3");
        peer.takesNothingOnceSecured = server;
        ByteBuffer output = ByteBuffer.wrap(bytes("ours"));
        while (server.security() == null) {
            assertNotInterrupted();
            peer.send(bytes("theirs"));
            server.write(output);
        }
        assertThat(server.flushed()).isFalse();
        assertThat(server.drained()).isFalse();
        ByteBuffer input = ByteBuffer.allocate(64 * 1024);
        server.read(input);
        assertThat(input.flip()).isEqualTo(ByteBuffer.wrap(bytes("theirs")));
    }

    @Test
    void recordsWithoutContentHoldNoThread() throws Exception {
        Peer peer = new Peer("TLSv1.3");
        TlsTransport server = server(peer, "TLSv1.3");
        ByteBuffer input = ByteBuffer.allocate(64 * 1024);
        while (server.security() == null || peer.engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
            assertNotInterrupted();
            peer.send();
            server.read(input);
        }
        peer.flood = peer::keyUpdate;
        assertThat(server.read(input)).isZero();
        assertThat(server.drained()).isFalse();
        // What it says after that is heard.
        peer.flood = null;
        peer.send(bytes("theirs"));
        while (input.position() == 0) {
            assertNotInterrupted();
            server.read(input);
        }
        assertThat(input.flip()).isEqualTo(ByteBuffer.wrap(bytes("theirs")));
    }
}
