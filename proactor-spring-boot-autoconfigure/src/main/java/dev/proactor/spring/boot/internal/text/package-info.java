/** Words that others chose, made fit for a line of the log. */
@NullMarked
package dev.proactor.spring.boot.internal.text;

import org.jspecify.annotations.NullMarked;
