/** Micrometer meters of what the proactor counts and of how long things take. */
@NullMarked
package dev.proactor.spring.boot.metrics;

import org.jspecify.annotations.NullMarked;
