package dev.proactor.proof;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.ProactorClosedException;
import dev.proactor.RawConnection;
import dev.proactor.testing.Handlers;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Takes batches as an application might: to their end or not, on this thread or another, and does something in between. */
final class RandomHandler {

    private static final int BUFFER_BYTES = 256;

    /** A batch, and between when it was given out. */
    private record Taken(Site site, EventBatch batch, Life life, long askedNanos, long givenNanos) {}

    /** A batch that its owner gave away. */
    private record HandedOver(Taken taken, String label) {}

    private final Ledger ledger;
    private final RandomCalls calls;
    private final RandomEndpoints endpoints;
    private final Queue<HandedOver> handedOver = new ConcurrentLinkedQueue<>();

    RandomHandler(Ledger ledger, RandomCalls calls, RandomEndpoints endpoints) {
        this.ledger = ledger;
        this.calls = calls;
        this.endpoints = endpoints;
    }

    /**
     * Handles a batch that was just given out, or gives it to whoever comes for it.
     *
     * @param askedNanos when await or poll was called
     */
    void take(Site site, EventBatch batch, long askedNanos, Random random) {
        long now = System.nanoTime();
        String thread = Thread.currentThread().getName();
        Life life = ledger.of(batch);
        life.enter(thread);
        ledger.did("batch of " + batch.source());
        if (!ledger.isQuiet() && random.nextInt(50) == 0) {
            String label = "nobody: " + thread + " gave it away";
            life.isHandedFrom(thread, label);
            handedOver.add(new HandedOver(new Taken(site, batch.detach(), life, askedNanos, now), label));
            batch.close();
            ledger.did("batch handed over");
        } else {
            handle(new Taken(site, batch, life, askedNanos, now), random);
        }
    }

    /** {@return whether there was a batch that another thread gave away} */
    boolean takeHandedOver(Random random) {
        HandedOver next = handedOver.poll();
        if (next == null) {
            return false;
        }
        next.taken().life().isHandedFrom(next.label(), Thread.currentThread().getName());
        handle(next.taken(), random);
        return true;
    }

    private void handle(Taken taken, Random random) {
        Life life = taken.life();
        int most = random.nextInt(6) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
        try {
            for (int i = 0; i < most; i++) {
                boolean refused = life.isRefused();
                Event event = taken.batch().next();
                if (event == null) {
                    life.isDrained();
                    if (taken.batch().source() == EventSource.PROACTOR) {
                        taken.site().timeOuts.isDrained();
                    }
                    if (i == 0) {
                        life.isEmpty();
                    }
                    break;
                }
                life.sees(event.type(), refused);
                ledger.did(event.type().name());
                on(taken, event, random);
            }
        } catch (ProactorClosedException closed) {
            // What a handler began just then.
            if (!ledger.isClosing()) {
                ledger.failed("handling a batch of " + life, closed);
            }
        } catch (RuntimeException | Error failure) {
            ledger.failed("handling a batch of " + life, failure);
        } finally {
            life.leave(Thread.currentThread().getName());
            close(taken.batch(), life);
        }
    }

    private void close(EventBatch batch, Life life) {
        try {
            batch.close();
        } catch (RuntimeException | Error failure) {
            ledger.failed("closing a batch of " + life, failure);
        }
    }

    private void on(Taken taken, Event event, Random random) {
        Site site = taken.site();
        switch (event.type().source()) {
            case CONNECTION -> onConnection(site, event, random);
            case LISTENER -> onListener(site, event, random);
            case RAW_CONNECTION -> onRaw(event, taken.life(), random);
            case PROACTOR -> {
                if (event.type() == EventType.PROACTOR_TIMEOUT) {
                    site.timeOuts.fired(taken.givenNanos());
                } else if (event.type() == EventType.PROACTOR_INACTIVE) {
                    ledger.isInactive(site.proactor, taken.askedNanos());
                }
            }
        }
        if (!ledger.isQuiet() && random.nextInt(30) == 0) {
            calls.once(random);
        }
    }

    // ---- connections

    private void onConnection(Site site, Event event, Random random) {
        switch (event.type()) {
            case CONNECTION_INIT -> {
                for (int links = random.nextInt(4); links > 0 && !ledger.isQuiet(); links--) {
                    endpoints.openLink(event.connection(), random);
                }
            }
            case LINK_FLOW -> {
                if (event.sender() != null && !ledger.isQuiet()) {
                    endpoints.send(site.proactor, event.sender(), random);
                }
            }
            case DELIVERY -> endpoints.onDelivery(event, random);
            case CONNECTION_REMOTE_OPEN -> {
                if (random.nextInt(20) == 0) {
                    event.transport().close_tail();
                    event.transport().close_head();
                    ledger.did("abort connection");
                } else {
                    Handlers.mirror(event);
                }
            }
            case CONNECTION_REMOTE_CLOSE, SESSION_REMOTE_OPEN, LINK_REMOTE_OPEN -> Handlers.mirror(event);
            case SESSION_REMOTE_CLOSE, LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                // One that is left half open lives as long as what it belongs to.
                if (random.nextInt(5) > 0) {
                    Handlers.mirror(event);
                }
            }
            default -> {}
        }
        endpoints.actSometimes(site, event.connection(), random);
    }

    // ---- listeners

    private void onListener(Site site, Event event, Random random) {
        if (event.type() != EventType.LISTENER_ACCEPT) {
            return;
        }
        if (ledger.isQuiet()) {
            event.listener().reject();
        } else if (random.nextInt(12) == 0) {
            ledger.did("leave a peer waiting");
        } else {
            calls.accept(site, event.listener(), random);
        }
    }

    // ---- raw connections

    private void onRaw(Event event, Life life, Random random) {
        RawConnection raw = event.rawConnection();
        if (event.type() == EventType.RAW_CONNECTION_DISCONNECTED) {
            takeBack(raw, life);
            return;
        }
        switch (event.type()) {
            case RAW_CONNECTION_CONNECTED, RAW_CONNECTION_NEED_READ_BUFFERS -> {
                if (random.nextInt(8) > 0) {
                    life.buffersLent(raw.giveReadBuffers(buffer(random), buffer(random)));
                }
            }
            case RAW_CONNECTION_READ -> echo(raw, life, random);
            case RAW_CONNECTION_CLOSED_READ -> {
                if (random.nextInt(3) == 0) {
                    raw.close();
                } else {
                    raw.closeWrite();
                }
            }
            default -> {}
        }
        if (!ledger.isQuiet()) {
            act(raw, life, random);
        }
    }

    private static ByteBuffer buffer(Random random) {
        int bytes = 1 + random.nextInt(BUFFER_BYTES);
        return random.nextBoolean() ? ByteBuffer.allocate(bytes) : ByteBuffer.allocateDirect(bytes);
    }

    private static void echo(RawConnection raw, Life life, Random random) {
        for (ByteBuffer read = raw.takeReadBuffer(); read != null; read = raw.takeReadBuffer()) {
            life.bufferBack();
            if (read.hasRemaining() && random.nextInt(4) == 0) {
                life.buffersLent(raw.writeBuffers(read));
            } else {
                life.buffersLent(raw.giveReadBuffers(read.clear()));
            }
        }
    }

    private void act(RawConnection raw, Life life, Random random) {
        switch (random.nextInt(30)) {
            case 0 -> {
                raw.close();
                ledger.did("close raw");
            }
            case 1 -> {
                raw.closeRead();
                ledger.did("close read");
            }
            case 2 -> {
                raw.closeWrite();
                ledger.did("close write");
            }
            case 3, 4 -> life.asks(raw::wake);
            case 5, 6, 7, 8, 9, 10, 11, 12 -> {
                life.buffersLent(raw.writeBuffers(buffer(random), buffer(random)));
                ledger.did("write raw");
            }
            case 13, 14, 15 -> takeBack(raw, life);
            default -> {}
        }
    }

    private static void takeBack(RawConnection raw, Life life) {
        while (raw.takeReadBuffer() != null) {
            life.bufferBack();
        }
        while (raw.takeWrittenBuffer() != null) {
            life.bufferBack();
        }
    }
}
