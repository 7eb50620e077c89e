package dev.proactor.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Some of the things that were put in, the later the likelier; those that have ended meanwhile too. Thread-safe. */
final class Pool<T> {

    private final int limit;
    private final List<T> things = new ArrayList<>();

    Pool(int limit) {
        this.limit = limit;
    }

    synchronized void put(T thing, Random random) {
        if (things.size() < limit) {
            things.add(thing);
        } else {
            things.set(random.nextInt(limit), thing);
        }
    }

    /** {@return one of them, or {@code null} if there is none} */
    synchronized T pick(Random random) {
        return things.isEmpty() ? null : things.get(random.nextInt(things.size()));
    }

    synchronized void clear() {
        things.clear();
    }
}
