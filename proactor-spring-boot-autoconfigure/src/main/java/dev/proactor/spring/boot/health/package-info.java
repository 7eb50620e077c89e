/** Health of the named connections and listeners. */
@NullMarked
package dev.proactor.spring.boot.health;

import org.jspecify.annotations.NullMarked;
