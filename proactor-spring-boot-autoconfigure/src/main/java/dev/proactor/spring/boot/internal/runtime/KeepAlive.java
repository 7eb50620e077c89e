package dev.proactor.spring.boot.internal.runtime;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Holds a thread that is no daemon, so that an application that only listens or receives does not end at once. */
final class KeepAlive {

    private @Nullable CountDownLatch release; // guarded by this

    synchronized void hold() {
        if (release != null) {
            return;
        }
        CountDownLatch latch = new CountDownLatch(1);
        Thread thread = new Thread(
                () -> {
                    try {
                        latch.await();
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt();
                    }
                },
                "proactor-keep-alive");
        thread.setDaemon(false);
        thread.start();
        release = latch;
    }

    synchronized void letGo() {
        if (release != null) {
            release.countDown();
            release = null;
        }
    }
}
