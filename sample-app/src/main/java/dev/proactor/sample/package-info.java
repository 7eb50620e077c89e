/**
 * A telemetry gateway. Devices attach a sender to {@code readings/<device>} and send readings, which are stored; those that attach
 * a receiver to {@code commands/<device>} get the commands that are posted for them.
 */
@NullMarked
package dev.proactor.sample;

import org.jspecify.annotations.NullMarked;
