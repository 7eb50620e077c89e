/** Auto-configuration of a proactor in a Spring Boot application. */
@NullMarked
package dev.proactor.spring.boot;

import org.jspecify.annotations.NullMarked;
