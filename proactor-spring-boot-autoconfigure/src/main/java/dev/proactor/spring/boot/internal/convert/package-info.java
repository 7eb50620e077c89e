/** Objects from message bodies, and messages from objects. */
@NullMarked
package dev.proactor.spring.boot.internal.convert;

import org.jspecify.annotations.NullMarked;
