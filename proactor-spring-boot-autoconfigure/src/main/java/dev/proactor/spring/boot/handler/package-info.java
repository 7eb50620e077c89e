/**
 * Handlers: beans whose annotated methods are called for events. {@link dev.proactor.spring.boot.handler.ProactorHandler}
 * marks the bean, {@link dev.proactor.spring.boot.handler.OnEvent} and its aliases mark the methods.
 *
 * <p>Handler methods are called on the threads of the proactor, one at a time for each connection.
 */
@NullMarked
package dev.proactor.spring.boot.handler;

import org.jspecify.annotations.NullMarked;
