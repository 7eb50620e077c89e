package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;

/** The other end of a connection as a bare blocking socket, to which bytes are written by hand. */
final class RawPeer implements AutoCloseable {

    /** One frame that came. */
    record Frame(int type, int channel, Object performative, byte[] payload) {}

    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final DataInputStream in;
    private final DecoderImpl decoder = new DecoderImpl();

    private RawPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
        EncoderImpl encoder = new EncoderImpl(decoder);
        AMQPDefinedTypes.registerAllTypes(decoder, encoder);
    }

    static RawPeer connect(int port) throws IOException {
        return new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** {@return a port for {@link #accept}, with a receive buffer that is small and does not grow} */
    static ServerSocket listen() throws IOException {
        ServerSocket server = new ServerSocket();
        server.setReceiveBufferSize(64 * 1024);
        server.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.setSoTimeout(PATIENCE_MILLIS);
        return server;
    }

    static RawPeer accept(ServerSocket server) throws IOException {
        return new RawPeer(server.accept());
    }

    /** Connects and attaches a sender on handle 0; returns when there is credit. */
    static RawPeer sender(int port, String containerId) throws IOException {
        RawPeer peer = connect(port);
        peer.write(Frames.AMQP, Frames.open(containerId), Frames.begin(Integer.MAX_VALUE), Frames.attachSender("s", 0));
        peer.readHeader();
        peer.readTo(Flow.class); // open, begin and attach come first
        return peer;
    }

    void write(byte[]... parts) throws IOException {
        CompletableFuture<Void> written =
                new CompletableFuture<Void>().orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        // A write knows no time-out: only the socket's close ends it.
        written.whenComplete((nothing, late) -> {
            if (late != null) {
                closeUnchecked();
            }
        });
        try {
            socket.getOutputStream().write(Frames.join(parts));
        } catch (IOException e) {
            throw written.isDone() ? new IOException("the other end does not read", e) : e;
        } finally {
            written.complete(null);
        }
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    byte[] readHeader() throws IOException {
        return in.readNBytes(8);
    }

    /** {@return the next frame, or {@code null} at the end of the stream} */
    Frame readFrame() throws IOException {
        int size;
        try {
            size = in.readInt();
        } catch (EOFException end) {
            return null;
        }
        byte[] rest = in.readNBytes(size - 4);
        if (rest.length < size - 4) {
            throw new EOFException("the stream ends in a frame");
        }
        return parse(rest);
    }

    private Frame parse(byte[] bytesAfterSize) {
        ByteBuffer buffer = ByteBuffer.wrap(bytesAfterSize);
        int type = buffer.get(1);
        int channel = buffer.getShort(2);
        buffer.position(buffer.get(0) * 4 - 4);
        if (!buffer.hasRemaining()) {
            return new Frame(type, channel, null, new byte[0]);
        }
        decoder.setByteBuffer(buffer);
        Object performative = decoder.readObject();
        byte[] payload = new byte[buffer.remaining()];
        buffer.get(payload);
        return new Frame(type, channel, performative, payload);
    }

    /** {@return the frames up to the end of the stream} */
    List<Frame> readFrames() throws IOException {
        List<Frame> frames = new ArrayList<>();
        for (Frame frame = readFrame(); frame != null; frame = readFrame()) {
            frames.add(frame);
        }
        return frames;
    }

    /** Reads on to a performative of this class; empty frames and others are passed over. */
    <T> T readTo(Class<T> performative) throws IOException {
        for (Frame frame = readFrame(); frame != null; frame = readFrame()) {
            if (performative.isInstance(frame.performative())) {
                return performative.cast(frame.performative());
            }
        }
        throw new EOFException("no " + performative.getSimpleName() + " came");
    }

    /** Answers what a client of this peer sends first, with the SASL exchange that it wants. */
    void answerOpening(String containerId) throws IOException {
        assertThat(readHeader()).isEqualTo(Frames.SASL);
        write(Frames.SASL, Frames.saslMechanisms("ANONYMOUS"));
        readFrame();
        write(Frames.saslOutcome((byte) 0));
        assertThat(readHeader()).isEqualTo(Frames.AMQP);
        write(Frames.AMQP, Frames.open(containerId));
    }

    private void closeUnchecked() {
        try {
            close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
