package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.testing.Frames.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;

/**
 * The other end of a connection without an engine: it sends the bytes that a test wants and keeps what comes. It never blocks,
 * so that one thread can run it and a {@link Driver} in turns.
 */
public final class RawPeer implements AutoCloseable {

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** The protocol headers that came. */
    public final List<byte[]> headers = new ArrayList<>();
    /** The frames that came. */
    public final List<Frame> frames = new ArrayList<>();

    private final SocketChannel channel;
    private ByteBuffer input = ByteBuffer.allocate(64 * 1024).limit(0);
    private boolean ended;
    private boolean broken;
    private RawPeer next;

    private RawPeer(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** Connects to a port of 127.0.0.1. */
    public static RawPeer connect(int port) {
        return connect(port, 0);
    }

    /** Connects, and has the system buffer no more than so many unread bytes (about). */
    public static RawPeer connect(int port, int receiveBuffer) {
        try {
            SocketChannel channel = SocketChannel.open();
            if (receiveBuffer > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            }
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return new RawPeer(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A port of 127.0.0.1 to accept on. */
    public static ServerSocketChannel listen() {
        try {
            return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address to connect to. */
    public static String address(ServerSocketChannel server) {
        try {
            return "127.0.0.1:" + ((InetSocketAddress) server.getLocalAddress()).getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the driver until it has connected, and takes the connection. */
    public static RawPeer accept(ServerSocketChannel server, Driver driver) {
        RawPeer[] peer = new RawPeer[1];
        try {
            server.configureBlocking(false);
            driver.runUntil(
                    () -> {
                        try {
                            SocketChannel accepted = server.accept();
                            if (accepted != null) {
                                peer[0] = new RawPeer(accepted);
                            }
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        return peer[0] != null;
                    },
                    "connection");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return peer[0];
    }

    // ---- out

    /** Sends bytes. */
    public RawPeer send(byte... bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long start = System.nanoTime();
        try {
            while (buffer.hasRemaining()) {
                if (channel.write(buffer) == 0) {
                    assertThat(System.nanoTime() - start)
                            .as(() -> "the other end does not read: " + buffer + " is left to send")
                            .isLessThan(LIMIT_NANOS);
                    LockSupport.parkNanos(1_000_000);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Sends a frame. */
    public RawPeer send(int frameChannel, Object performative, byte... payload) {
        return send(Frames.frame(frameChannel, performative, payload));
    }

    /** Sends a header and an open. */
    public RawPeer open() {
        return open(Frames.open());
    }

    /** Sends a header and this open. */
    public RawPeer open(Open open) {
        return send(Frames.AMQP_HEADER).send(0, open);
    }

    /** Ends our direction in order: the other end sees the end of the stream. */
    public RawPeer finish() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Breaks the connection: the other end sees a reset. */
    public void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on what comes here is sent on to that peer, so that two of them are a wire that can be listened to. */
    public void forwardTo(RawPeer peer) {
        next = peer;
    }

    // ---- in

    /** Takes in what has come. */
    public RawPeer read() {
        try {
            while (!ended) {
                input.compact();
                if (!input.hasRemaining()) {
                    input = ByteBuffer.allocate(2 * input.capacity()).put(input.flip());
                }
                int start = input.position();
                int count = channel.read(input);
                input.flip();
                if (next != null && count > 0) {
                    next.send(Arrays.copyOfRange(input.array(), start, start + count));
                }
                if (count < 0) {
                    ended = true;
                } else if (count == 0) {
                    break;
                }
                cut();
            }
        } catch (IOException e) {
            ended = true;
            broken = true;
        }
        return this;
    }

    private void cut() {
        while (input.remaining() >= 8) {
            if (input.get(input.position()) == 'A') {
                byte[] header = new byte[8];
                input.get(header);
                headers.add(header);
            } else if (input.remaining() >= input.getInt(input.position())) {
                frames.add(Frames.parse(input));
            } else {
                return;
            }
        }
    }

    /** Whether the other end has closed its direction, or the connection is broken. */
    public boolean ended() {
        read();
        return ended;
    }

    /** Whether the connection was reset, so that bytes may have been lost. */
    public boolean broken() {
        return broken;
    }

    /** Runs the driver until a frame with such a performative has come, and takes that and all before it. */
    public <T> T await(Class<T> performative, Driver driver) {
        driver.runUntil(() -> has(performative) || ended, performative.getSimpleName() + " at the raw peer");
        for (Frame frame; !frames.isEmpty(); ) {
            frame = frames.remove(0);
            if (performative.isInstance(frame.body())) {
                return performative.cast(frame.body());
            }
        }
        throw new AssertionError("the stream ended without " + performative.getSimpleName());
    }

    /** Whether a frame with such a performative has come. */
    public boolean has(Class<?> performative) {
        read();
        return frames.stream().anyMatch(frame -> performative.isInstance(frame.body()));
    }

    /** How many empty frames have come. */
    public long heartbeats() {
        read();
        return frames.stream()
                .filter(frame -> frame.type() == 0 && frame.body() == null)
                .count();
    }

    /** Runs the driver until the other end has closed its direction, and gives the condition of its close frame. */
    public ErrorCondition awaitEnd(Driver driver) {
        driver.runUntil(this::ended, "end of the stream at the raw peer");
        return frames.stream()
                .filter(frame -> frame.body() instanceof Close)
                .map(frame -> ((Close) frame.body()).getError())
                .findFirst()
                .orElse(null);
    }

    /** Whether a header like this has come. */
    public boolean hasHeader(byte[] header) {
        return headers.stream().anyMatch(each -> Arrays.equals(each, header));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
