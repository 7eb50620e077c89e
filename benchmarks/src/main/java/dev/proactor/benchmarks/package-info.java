/**
 * A stand-alone AMQP peer that measures the core, on its public API alone. {@link dev.proactor.benchmarks.Peer} is the
 * program; handlers run on its event loops, measuring on its main thread.
 */
@NullMarked
package dev.proactor.benchmarks;

import org.jspecify.annotations.NullMarked;
