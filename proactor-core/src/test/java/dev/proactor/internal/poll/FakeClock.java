package dev.proactor.internal.poll;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock that goes only when it is told to. */
class FakeClock implements LongSupplier {

    private final AtomicLong nowNanos = new AtomicLong(1_000_000);

    @Override
    public long getAsLong() {
        return nowNanos.get();
    }

    void advance(long nanos) {
        nowNanos.addAndGet(nanos);
    }
}
