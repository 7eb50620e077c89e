/** Sending: what waits for a connection, a link or credit, and what waits for its outcome. */
@NullMarked
package dev.proactor.spring.boot.internal.send;

import org.jspecify.annotations.NullMarked;
