package dev.proactor.examples;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.util.ArrayList;
import java.util.List;

/** The loop of every program: take a batch, handle its events, until a handler says that all is done. */
final class Loop {

    /** What a program does. Events of one connection come one at a time, those of several on several threads. */
    interface Handler {

        /** {@return whether the program is to end} */
        boolean handle(Event event);
    }

    private Loop() {}

    /** Runs the loop on this thread. */
    static void run(Proactor proactor, Handler handler) throws InterruptedException {
        while (true) {
            try (EventBatch batch = proactor.await()) {
                for (Event event; (event = batch.next()) != null; ) {
                    if (event.type() == EventType.PROACTOR_INTERRUPT) {
                        proactor.interrupt(); // the next thread ends by it too
                        return;
                    }
                    if (handled(handler, event)) {
                        proactor.interrupt();
                        return;
                    }
                }
            } catch (ProactorClosedException closed) {
                return;
            }
        }
    }

    /** A handler that throws must not end the thread: other connections live by it. This one is over. */
    private static boolean handled(Handler handler, Event event) {
        try {
            return handler.handle(event);
        } catch (RuntimeException failure) {
            System.err.println(event.type() + " failed: " + failure);
            if (event.type().source() == EventSource.CONNECTION) {
                event.proactor().release(event.connection());
            }
            return false;
        }
    }

    /** Runs the loop on several threads, this one among them. */
    static void run(Proactor proactor, Handler handler, int threads) throws InterruptedException {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            run(proactor, handler);
                        } catch (InterruptedException ended) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "loop-" + i);
            thread.setDaemon(true);
            thread.start();
            others.add(thread);
        }
        run(proactor, handler);
        for (Thread thread : others) {
            thread.join();
        }
    }
}
