/**
 * The face of the library: a proactor for AMQP 1.0 ({@link dev.proactor.Proactor}), its events, options and counts. The
 * endpoints that handlers work with (connection, session, link, delivery, transport) are proton-j's own, in
 * {@code org.apache.qpid.proton.engine}.
 *
 * <p>Any thread may call {@link dev.proactor.Proactor} and {@link dev.proactor.Listener}; an
 * {@link dev.proactor.EventBatch}, its events and the endpoints of its connection belong to one owner at a time.
 */
@NullMarked
package dev.proactor;

import org.jspecify.annotations.NullMarked;
