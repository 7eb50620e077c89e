@NullMarked
package dev.proactor.sample;

import org.jspecify.annotations.NullMarked;
