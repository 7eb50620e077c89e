package dev.proactor;

import org.jspecify.annotations.Nullable;

/**
 * What every connection made by a proactor is, beside proton-j's {@code Connection}. Not for applications to implement; see
 * {@link Proactor#of}.
 */
public interface ProactorConnection {

    /** {@return the proactor, or {@code null} once the connection was released or is over} Thread-safe. */
    @Nullable Proactor proactor();
}
