/** The auto-configurations and their properties. */
@NullMarked
package dev.proactor.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
