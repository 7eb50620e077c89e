package dev.proactor.internal.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What happened to a connection before its {@code CONNECTION_BOUND} was handled. It waits, and is done then. */
final class BeforeLive {

    private final List<Runnable> endings = new ArrayList<>(1);
    private byte[] bytes = {};
    private boolean inputEnded;
    private boolean wake;

    void keepInput(ByteBuffer more) {
        int length = bytes.length;
        bytes = Arrays.copyOf(bytes, length + more.remaining());
        more.get(bytes, length, more.remaining());
    }

    void keepInputEnded() {
        inputEnded = true;
    }

    void keepWake() {
        wake = true;
    }

    void keepEnding(Runnable ending) {
        endings.add(ending);
    }

    /** {@return whether there will be an event of it} */
    boolean hasEvents() {
        return wake || inputEnded || !endings.isEmpty();
    }

    void replay(ConnectionEngine engine) {
        if (bytes.length > 0) {
            engine.feed(ByteBuffer.wrap(bytes));
            bytes = new byte[0];
        }
        if (inputEnded) {
            engine.inputEnded();
        }
        endings.forEach(Runnable::run);
        endings.clear();
        if (wake) {
            engine.postWake();
        }
    }
}
