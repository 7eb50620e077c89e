package dev.proactor.internal.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds things by a small number that an end of the connection chose: a channel or a handle. Peers count from 0, so nearly
 * always it is an array; large numbers go to a map, so that a hostile one costs no more than a kind one.
 *
 * @param <T> the things
 */
final class Slots<T> {

    private static final int MOST_IN_ARRAY = 1024;

    private @Nullable Object[] array = new Object[4];
    private @Nullable Map<Integer, T> rest;

    /** {@return what is at a number, or {@code null}} */
    @SuppressWarnings("unchecked")
    @Nullable T get(int index) {
        if (index >= 0 && index < array.length) {
            return (T) array[index];
        }
        return rest == null ? null : rest.get(index);
    }

    /** Puts something at a number, where nothing is. */
    void put(int index, T value) {
        if (index >= 0 && index < MOST_IN_ARRAY) {
            if (index >= array.length) {
                array = Arrays.copyOf(array, Math.min(MOST_IN_ARRAY, Math.max(index + 1, 2 * array.length)));
            }
            array[index] = value;
        } else {
            if (rest == null) {
                rest = new HashMap<>();
            }
            rest.put(index, value);
        }
    }

    /** Takes away what is at a number. */
    void remove(int index) {
        if (index >= 0 && index < array.length) {
            array[index] = null;
        } else if (rest != null) {
            rest.remove(index);
        }
    }

    /** Shows each thing to a visitor. */
    @SuppressWarnings("unchecked")
    void forEach(Consumer<? super T> visitor) {
        for (Object value : array) {
            if (value != null) {
                visitor.accept((T) value);
            }
        }
        if (rest != null) {
            rest.values().forEach(visitor);
        }
    }
}
