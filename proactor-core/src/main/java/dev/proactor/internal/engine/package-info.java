/**
 * Bytes in, bytes out, and events between: one {@link dev.proactor.internal.engine.ConnectionEngine} drives one proton-j
 * connection. proton-j keeps the state of sessions, links and deliveries; framing, SASL, the checks of what the peer sends,
 * idle time, the bound on output and the order of a transport's last events are done here. This is the only package that
 * imports proton-j's implementation classes.
 *
 * <p>Nothing here is thread-safe and nothing blocks: only the owner of the connection's task may enter, one at a time. The
 * exceptions are {@link dev.proactor.internal.engine.EngineConnection#owner()} and
 * {@link dev.proactor.internal.engine.EngineConnection#proactor()}.
 */
@NullMarked
package dev.proactor.internal.engine;

import org.jspecify.annotations.NullMarked;
