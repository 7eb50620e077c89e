/**
 * How peers prove who they are. Immutable settings; what they cause happens in the engine, on the connection's own task.
 */
@NullMarked
package dev.proactor.security;

import org.jspecify.annotations.NullMarked;
