package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** The network that tests use, and nothing beyond it: plain sockets on the loopback interface. */
public final class Loopback {

    private static final int SECONDS_10 = 10_000;

    private Loopback() {}

    /** A literal address. */
    public static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects a socket that says nothing; reads from it give up after a while. */
    public static Socket connect(int port) throws IOException {
        Socket socket = new Socket(ip("127.0.0.1"), port);
        socket.setSoTimeout(SECONDS_10);
        return socket;
    }

    /** Connects a socket as far as the other side's backlog allows, without waiting for it. */
    public static SocketChannel beginConnect(int port) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(new InetSocketAddress(ip("127.0.0.1"), port));
        return channel;
    }

    /** A peer to which TCP connects, and that never says a word. */
    public static ServerSocket silentServer() throws IOException {
        return new ServerSocket(0, 10, ip("127.0.0.1"));
    }

    /** A port on which nobody listens and nobody else can while it is open. */
    public static Socket refusingPort() throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(ip("127.0.0.1"), 0));
        return socket;
    }

    /** Whether the machine has ::1. */
    public static boolean hasIpv6() {
        try (DatagramSocket probe = new DatagramSocket(0, ip("::1"))) {
            return probe.isBound();
        } catch (IOException none) {
            return false;
        }
    }

    /** A listening port whose queue is full: connections to it are begun and get no answer. */
    public static final class FullServer implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 1, ip("127.0.0.1"));
        private final List<SocketChannel> fillers = new ArrayList<>();

        public FullServer() throws IOException {
            boolean connected = true;
            while (connected) {
                assertThat(fillers).as("connections that a full queue took").hasSizeLessThan(1000);
                SocketChannel filler = beginConnect(port());
                fillers.add(filler);
                connected = filler.finishConnect();
            }
        }

        public int port() {
            return server.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel filler : fillers) {
                filler.close();
            }
            server.close();
        }
    }
}
