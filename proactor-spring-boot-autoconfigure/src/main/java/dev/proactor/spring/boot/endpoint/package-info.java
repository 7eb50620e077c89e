/** The actuator endpoint: what the proactor has open, and how to stop and start it. */
@NullMarked
package dev.proactor.spring.boot.endpoint;

import org.jspecify.annotations.NullMarked;
