package dev.proactor.spring.boot.internal.runtime;

/** Stops a lifecycle on a thread of its own, so that others of its phase stop meanwhile. */
final class Stopping {

    private Stopping() {}

    static void inBackground(String name, Runnable stop, Runnable callback) {
        Thread thread = new Thread(
                () -> {
                    try {
                        stop.run();
                    } finally {
                        callback.run(); // always: the application's shutdown waits for it
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }
}
