/** Observations of messages, for metrics and traces. */
@NullMarked
package dev.proactor.spring.boot.observation;

import org.jspecify.annotations.NullMarked;
