/** What runs: the threads, the named connections and listeners, and the two lifecycles that start and stop them. */
@NullMarked
package dev.proactor.spring.boot.internal.runtime;

import org.jspecify.annotations.NullMarked;
