/**
 * What is ready, and who runs it: the state of a task, the queue of ready tasks with the threads that wait for one, and the
 * deadlines. Knows nothing of sockets and of AMQP. Any thread may enter; each class says what guards what.
 */
@NullMarked
package dev.proactor.internal.schedule;

import org.jspecify.annotations.NullMarked;
