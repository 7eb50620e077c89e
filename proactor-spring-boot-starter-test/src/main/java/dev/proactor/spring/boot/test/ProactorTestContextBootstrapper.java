package dev.proactor.spring.boot.test;

import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;

/** Gives the properties of {@link ProactorTest} to the context. */
final class ProactorTestContextBootstrapper extends TestSliceTestContextBootstrapper<ProactorTest> {}
