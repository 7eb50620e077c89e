/** Programs to copy from, on the core alone. */
@NullMarked
package dev.proactor.examples;

import org.jspecify.annotations.NullMarked;
