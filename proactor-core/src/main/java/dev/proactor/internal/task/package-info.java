/**
 * The tasks: a connection, a listener and the proactor itself, each with its batch. Here scheduling, polling, transport and
 * engine are put together. What a task holds belongs to its owner, the open batch; fields that anyone may touch say so.
 */
@NullMarked
package dev.proactor.internal.task;

import org.jspecify.annotations.NullMarked;
