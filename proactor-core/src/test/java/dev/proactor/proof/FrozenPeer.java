package dev.proactor.proof;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import java.io.IOException;
import java.time.Duration;

/** Run in a JVM of its own, which is then stopped by a signal: takes all that a server sends. */
final class FrozenPeer {

    private FrozenPeer() {}

    public static void main(String[] args) throws InterruptedException, IOException {
        int port = Integer.parseInt(args[0]);
        int[] taken = {0};
        try (Workers client = new Workers(1, event -> {
            if (event.type() == EventType.CONNECTION_INIT) {
                var session = event.connection().session();
                session.open();
                var receiver = session.receiver("all");
                receiver.open();
                receiver.flow(1_000_000);
            } else if (event.type() == EventType.DELIVERY && !event.delivery().isPartial()) {
                event.receiver().recv();
                event.delivery().settle();
                event.receiver().flow(1);
                taken[0]++;
                if (taken[0] == 100) {
                    System.out.println("flowing");
                }
            }
        })) {
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port)
                    .idleTimeout(Duration.ZERO)
                    .build());
            while (System.in.read() >= 0) {
                // The parent writes nothing.
            }
        }
    }
}
