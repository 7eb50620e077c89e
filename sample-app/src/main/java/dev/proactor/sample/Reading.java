package dev.proactor.sample;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a device measured.
 *
 * @param value the value
 * @param unit its unit, where the device tells
 * @param at when, where the device tells
 */
record Reading(
        @Nullable Double value,
        @Nullable String unit,
        @Nullable Instant at) {}
