package dev.proactor.internal.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import tlschannel.ClientTlsChannel;
import tlschannel.NeedsReadException;
import tlschannel.NeedsWriteException;
import tlschannel.ServerTlsChannel;
import tlschannel.TlsChannel;

/**
 * TLS over TCP. Writing may have to wait for input and reading for output, as long as the handshake lasts and now and then
 * after it; what was written may wait here, encrypted, for the network.
 *
 * <p>Every failure that is TLS's own is an {@link SSLException}. The peer is sent the alert for it, as far as the network takes
 * it at once, and then the end of the stream.
 */
final class TlsTransport implements ByteTransport {

    /** A record's plain text, and what its protection adds. */
    private static final int RECORD_BYTES = 17 * 1024;

    /**
     * Read of the network in one call: more than fills any buffer. A peer may send records without content, or a handshake
     * without end, as fast as they can be looked at, and must not hold the thread with it.
     */
    private static final int BYTES_A_CALL = 128 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel socket;
    private final SSLEngine engine;
    private final TlsChannel channel;
    private boolean drained = true;
    private boolean flushed = true;
    private boolean readWaitsForOutput;
    private boolean writeWaitsForInput;
    private boolean failed;
    private int bytesLeft;
    private boolean cutShort;
    private volatile @Nullable SSLSession session;

    /**
     * Makes the client's side.
     *
     * @param socket connected, not blocking
     * @param engine in client mode, new
     */
    static TlsTransport client(SocketChannel socket, SSLEngine engine) {
        return new TlsTransport(socket, socket, engine);
    }

    /**
     * Makes the server's side.
     *
     * @param socket connected, not blocking
     * @param bytes where encrypted bytes are read and written: the socket, with what was read of it before
     * @param engine in server mode, new
     */
    static TlsTransport server(SocketChannel socket, ByteChannel bytes, SSLEngine engine) {
        return new TlsTransport(socket, bytes, engine);
    }

    private TlsTransport(SocketChannel socket, ByteChannel bytes, SSLEngine engine) {
        this.socket = socket;
        this.engine = engine;
        ByteChannel measured = new Measured(bytes);
        this.channel = engine.getUseClientMode()
                ? ClientTlsChannel.newBuilder(measured, engine)
                        .withSessionInitCallback(this::established)
                        .build()
                : ServerTlsChannel.newBuilder(measured, (SSLContext) null)
                        .withEngineFactory(unused -> engine)
                        .withSessionInitCallback(this::established)
                        .build();
    }

    private void established(SSLSession session) {
        this.session = session;
    }

    /** Gives as many bytes as one call may read, and then says that there are none now. */
    private final class Measured implements ByteChannel {

        private final ByteChannel bytes;

        Measured(ByteChannel bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            if (bytesLeft <= 0) {
                cutShort = true;
                return 0;
            }
            int count = bytes.read(target);
            bytesLeft -= Math.max(0, count);
            return count;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            return bytes.write(source);
        }

        @Override
        public boolean isOpen() {
            return bytes.isOpen();
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }

    private void beginCall() {
        bytesLeft = BYTES_A_CALL;
        cutShort = false;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int start = target.position();
        beginCall();
        try {
            do {
                // One record each.
                if (channel.read(target) < 0) {
                    int count = target.position() - start;
                    drained = count == 0;
                    return count == 0 ? -1 : count;
                }
            } while (target.remaining() >= RECORD_BYTES);
            drained = false;
        } catch (NeedsReadException e) {
            drained = !cutShort;
            refuseRenegotiation();
        } catch (NeedsWriteException e) {
            drained = true;
            flushed = false;
            readWaitsForOutput = true;
        } catch (IOException | RuntimeException e) {
            throw failure(e);
        }
        return target.position() - start;
    }

    /** A client that negotiates again and again costs the server far more than itself. TLS 1.3 has it no more. */
    private void refuseRenegotiation() throws IOException {
        SSLSession known = session;
        if (known != null
                && engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING
                && !known.getProtocol().equals("TLSv1.3")) {
            throw failure(new SSLException("renegotiation is refused"));
        }
    }

    @Override
    public boolean drained() {
        return drained;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        boolean shakingHands = session == null;
        beginCall();
        try {
            channel.write(source);
            flushed = true;
            writeWaitsForInput = false;
            if (source.hasRemaining()) {
                throw new ClosedChannelException();
            }
            if (readWaitsForOutput) {
                readWaitsForOutput = false;
                drained = false;
            }
        } catch (NeedsReadException e) {
            flushed = true;
            writeWaitsForInput = true;
            readWaitsForOutput = false;
        } catch (NeedsWriteException e) {
            flushed = false;
            writeWaitsForInput = false;
        } catch (IOException | RuntimeException e) {
            throw failure(e);
        } finally {
            if (cutShort || (shakingHands && session != null)) {
                // The handshake's last bytes may have come together with others, which no poller will tell of.
                drained = false;
            }
        }
    }

    @Override
    public boolean flushed() {
        return flushed;
    }

    @Override
    public int interest(boolean input, boolean output) {
        boolean write = !flushed || (output && !writeWaitsForInput);
        boolean read = input && !readWaitsForOutput;
        return (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public @Nullable SSLSession security() {
        return session;
    }

    private IOException failure(Exception e) {
        if (failed) {
            return new ClosedChannelException();
        }
        failed = true;
        boolean ended = e instanceof ClosedChannelException && session == null;
        boolean network = e instanceof IOException && !(e instanceof SSLException) && !ended;
        if (network) {
            return (IOException) e;
        }
        alert();
        if (ended) {
            return new SSLHandshakeException("the peer ended the stream in the handshake");
        }
        return e instanceof SSLException ours ? ours : new SSLException(e);
    }

    /** Tells the peer, as well as it goes: nothing more can be done for this stream. */
    private void alert() {
        try {
            ByteBuffer alert = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            SSLEngineResult result;
            do {
                result = engine.wrap(NOTHING, alert.clear());
                socket.write(alert.flip());
            } while (result.bytesProduced() > 0 && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
            socket.shutdownOutput();
        } catch (IOException | RuntimeException ignored) {
            // The peer hears nothing then.
        }
    }

    @Override
    public int discard(ByteBuffer buffer) throws IOException {
        return socket.read(buffer);
    }

    @Override
    public void shutdownOutput() throws IOException {
        if (failed) {
            return;
        }
        if (flushed && session != null) {
            try {
                channel.shutdown();
            } catch (IOException | RuntimeException e) {
                // Without the closing alert, then; the end of the stream says it too.
            }
        }
        socket.shutdownOutput();
    }

    @Override
    public void close() {
        new TcpTransport(socket).close();
    }
}
