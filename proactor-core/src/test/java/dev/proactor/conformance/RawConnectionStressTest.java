package dev.proactor.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import dev.proactor.testing.Background;
import dev.proactor.testing.Loopback;
import dev.proactor.testing.Workers;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads wake raw connections while handlers close them and peers reset them. */
@Timeout(60)
class RawConnectionStressTest {

    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final int WAKERS = 3;

    /** What one connection has had. */
    private static final class Life {
        final boolean accepted;
        final AtomicInteger handlers = new AtomicInteger();
        final AtomicInteger disconnected = new AtomicInteger();
        final AtomicInteger lent = new AtomicInteger();
        final AtomicInteger back = new AtomicInteger();
        volatile RawConnection raw;

        Life(boolean accepted) {
            this.accepted = accepted;
        }
    }

    private final Proactor proactor = Proactor.create();
    private final Queue<Life> lives = new ConcurrentLinkedQueue<>();
    private final Queue<RawConnection> wakeable = new ConcurrentLinkedQueue<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger wakes = new AtomicInteger();
    private volatile boolean inactive;

    private void handle(Event event) {
        if (event.type() == EventType.LISTENER_ACCEPT) {
            begin(new Life(true), event.listener(), null);
        } else if (event.type() == EventType.PROACTOR_INACTIVE) {
            inactive = true;
        } else if (event.type().name().startsWith("RAW_")) {
            Life life = (Life) event.rawConnection().context();
            if (life.handlers.incrementAndGet() != 1) {
                faults.add("two handlers at once");
            }
            if (life.disconnected.get() != 0) {
                faults.add(event.type() + " after DISCONNECTED");
            }
            handle(event.type(), event.rawConnection(), life);
            life.handlers.decrementAndGet();
        }
    }

    private void begin(Life life, Listener listener, RawOptions.Builder options) {
        lives.add(life);
        life.raw = listener != null
                ? listener.acceptRaw(life)
                : proactor.connectRaw(options.context(life).build());
        wakeable.add(life.raw);
    }

    private void handle(EventType type, RawConnection raw, Life life) {
        switch (type) {
            case RAW_CONNECTION_CONNECTED, RAW_CONNECTION_NEED_READ_BUFFERS ->
                life.lent.addAndGet(raw.giveReadBuffers(ByteBuffer.allocate(4), ByteBuffer.allocate(4)));
            case RAW_CONNECTION_WAKE -> {
                wakes.incrementAndGet();
                int chance = ThreadLocalRandom.current().nextInt(200);
                if (chance == 0) {
                    raw.close();
                } else if (chance == 1) {
                    raw.closeWrite();
                } else if (chance < 100) {
                    life.lent.addAndGet(raw.writeBuffers(ByteBuffer.allocate(100)));
                }
            }
            case RAW_CONNECTION_CLOSED_READ -> raw.close();
            case RAW_CONNECTION_DISCONNECTED -> life.disconnected.incrementAndGet();
            default -> {}
        }
        while (raw.takeReadBuffer() != null) {
            life.back.incrementAndGet();
        }
        while (raw.takeWrittenBuffer() != null) {
            life.back.incrementAndGet();
        }
    }

    @Test
    @Tag("C129")
    @Tag("C142")
    void wakesThatRaceWithTheEndLeaveOneDisconnectedAndNothingAfterIt() throws Exception {
        try (Workers workers = new Workers(proactor, 3, this::handle)) {
            Listener listener =
                    proactor.listen(ListenerOptions.on("127.0.0.1:0").build());
            await().until(() -> listener.localPort() > 0);
            long end = System.nanoTime() + RUN_NANOS;
            List<Background<Void>> background = new ArrayList<>();
            for (int i = 0; i < WAKERS; i++) {
                background.add(Background.run(() -> {
                    while (System.nanoTime() < end) {
                        RawConnection raw = wakeable.poll();
                        if (raw != null) {
                            raw.wake();
                            wakeable.add(raw);
                        }
                    }
                }));
            }
            background.add(Background.run(() -> {
                while (System.nanoTime() < end) {
                    try (Socket peer = Loopback.connect(listener.localPort())) {
                        peer.getOutputStream().write(new byte[10]);
                        peer.setSoLinger(true, 0);
                    }
                }
            }));
            while (System.nanoTime() < end) {
                if (lives.size() < 3000) {
                    begin(new Life(false), null, RawOptions.to("127.0.0.1:" + listener.localPort()));
                }
                LockSupport.parkNanos(200_000);
            }
            background.forEach(Background::result);
            listener.close();
            // Those whose other end only half closed are still there.
            proactor.disconnect(null);
            await().atMost(Duration.ofSeconds(20)).until(() -> inactive);
            // From here on each wake is for one that is over.
            lives.forEach(life -> life.raw.wake());
        }
        assertThat(faults).isEmpty();
        assertThat(wakes.get()).isGreaterThan(100);
        assertThat(lives).hasSizeGreaterThan(50);
        assertThat(lives).anyMatch(life -> life.accepted).anyMatch(life -> !life.accepted);
        assertThat(lives).allSatisfy(life -> {
            assertThat(life.disconnected.get()).isEqualTo(1);
            assertThat(life.back.get()).as("buffers that came back").isEqualTo(life.lent.get());
        });
    }
}
