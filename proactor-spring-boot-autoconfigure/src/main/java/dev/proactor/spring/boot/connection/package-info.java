/** The named connections and listeners of an application, at run time. */
@NullMarked
package dev.proactor.spring.boot.connection;

import org.jspecify.annotations.NullMarked;
