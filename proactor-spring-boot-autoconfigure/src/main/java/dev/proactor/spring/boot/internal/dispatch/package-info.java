/**
 * From events to handler methods: what methods there are, which of them an event calls, and the default answers.
 */
@NullMarked
package dev.proactor.spring.boot.internal.dispatch;

import org.jspecify.annotations.NullMarked;
