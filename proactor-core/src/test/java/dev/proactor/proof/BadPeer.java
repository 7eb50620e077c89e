package dev.proactor.proof;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Random;

/** A plain socket that connects, says something or nothing, and goes, rudely or not. */
final class BadPeer {

    private static final byte[] AMQP = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    private static final byte[] SASL = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
    private static final int CONNECT_MILLIS = 200;
    private static final int READ_MILLIS = 20;

    private BadPeer() {}

    /** {@return what it did} */
    static String visit(int port, Random random) {
        String way;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MILLIS);
            socket.setSoTimeout(READ_MILLIS);
            way = say(socket.getOutputStream(), random);
            if (random.nextInt(4) == 0) {
                way += ", reads";
                listen(socket);
            }
            if (random.nextInt(3) > 0) {
                way += ", resets";
                socket.setSoLinger(true, 0);
            } else if (random.nextBoolean()) {
                way += ", half closes";
                socket.shutdownOutput();
                listen(socket);
            }
        } catch (IOException refused) {
            return "is refused";
        }
        return way;
    }

    private static String say(OutputStream out, Random random) throws IOException {
        switch (random.nextInt(5)) {
            case 0 -> {
                return "nothing";
            }
            case 1 -> {
                out.write(AMQP);
                return "AMQP header";
            }
            case 2 -> {
                out.write(SASL);
                return "SASL header";
            }
            case 3 -> {
                out.write(AMQP);
                out.write(garbage(random));
                return "AMQP header and garbage";
            }
            default -> {
                out.write(garbage(random));
                return "garbage";
            }
        }
    }

    private static byte[] garbage(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void listen(Socket socket) {
        try {
            byte[] bytes = new byte[256];
            while (socket.getInputStream().read(bytes) > 0) {}
        } catch (IOException lateOrReset) {
            return;
        }
    }
}
