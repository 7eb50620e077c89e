/**
 * Two or three threads at one part of the scheduler at the same moment, many million times. Each test names every outcome that
 * may be; any other fails the run.
 */
package dev.proactor.concurrency;
