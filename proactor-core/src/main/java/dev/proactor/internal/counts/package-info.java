/**
 * The counters behind {@link dev.proactor.ProactorCounts}. Any thread may read and add; nothing here takes a lock. Who counts
 * often keeps plain numbers of its own and folds them in now and then.
 */
@NullMarked
package dev.proactor.internal.counts;

import org.jspecify.annotations.NullMarked;
