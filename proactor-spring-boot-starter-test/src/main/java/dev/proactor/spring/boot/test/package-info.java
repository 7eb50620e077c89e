/**
 * Tests of applications on the starter: {@link dev.proactor.spring.boot.test.ProactorTest} is a slice,
 * {@link dev.proactor.spring.boot.test.LocalProactorPort} says where it listens, and
 * {@link dev.proactor.spring.boot.test.ProactorPeer} is whom it talks to.
 */
@NullMarked
package dev.proactor.spring.boot.test;

import org.jspecify.annotations.NullMarked;
