package dev.proactor.proof;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Run in a JVM of its own: opens connections, says so, and keeps them idle until its standard input ends. */
final class IdlePeers {

    private IdlePeers() {}

    public static void main(String[] args) throws InterruptedException, IOException {
        int port = Integer.parseInt(args[0]);
        int count = Integer.parseInt(args[1]);
        CountDownLatch opened = new CountDownLatch(count);
        try (Workers client = new Workers(1, event -> {
            if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                opened.countDown();
            }
        })) {
            for (int i = 0; i < count; i++) {
                client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port)
                        .handshakeTimeout(Duration.ofSeconds(60))
                        .build());
            }
            boolean all = opened.await(60, TimeUnit.SECONDS);
            System.out.println(all ? "opened" : "not opened: " + opened.getCount());
            while (System.in.read() >= 0) {
                // The parent writes nothing.
            }
        }
    }
}
