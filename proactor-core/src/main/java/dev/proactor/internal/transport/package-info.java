/**
 * Bytes to and from the network, without blocking. Knows nothing of AMQP and of scheduling. A transport belongs to the owner
 * of its connection's task; the buffer pool is anyone's.
 */
@NullMarked
package dev.proactor.internal.transport;

import org.jspecify.annotations.NullMarked;
