/** Sending from any thread. */
@NullMarked
package dev.proactor.spring.boot.template;

import org.jspecify.annotations.NullMarked;
