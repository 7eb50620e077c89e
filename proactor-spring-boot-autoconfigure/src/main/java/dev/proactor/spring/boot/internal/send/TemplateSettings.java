package dev.proactor.spring.boot.internal.send;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What {@code proactor.template.*} says.
 *
 * @param timeout from a send until its outcome must be there, where the call names none
 * @param maxPending how many messages of one connection, or of one listener, may be without an outcome at once
 * @param connection the connection of the template's own methods, or {@code null} for the sole one
 */
public record TemplateSettings(
        Duration timeout, int maxPending, @Nullable String connection) {

    /** Checks the values. */
    public TemplateSettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("proactor.template.timeout must be positive: " + timeout);
        }
        if (maxPending < 1) {
            throw new IllegalArgumentException("proactor.template.max-pending must be at least 1: " + maxPending);
        }
    }
}
