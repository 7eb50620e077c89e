/** An application that tells what it found on its class path. */
@NullMarked
package dev.proactor.classpath;

import org.jspecify.annotations.NullMarked;
