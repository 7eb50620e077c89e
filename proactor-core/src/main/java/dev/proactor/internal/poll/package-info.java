/**
 * Who waits for input and output: the threads that call {@code await} take turns to lead, that is, to wait in the poller for
 * all of them. Only the leader touches the poller's keys by the handful; anyone may register, change one key's interest and
 * wake.
 */
@NullMarked
package dev.proactor.internal.poll;

import org.jspecify.annotations.NullMarked;
