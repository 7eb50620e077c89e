package dev.proactor.spring.boot.test.app;

import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.ProactorTest;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;

/** Test classes that fail; {@link PortsTest} runs them, and its name keeps the build from it. */
final class MisplacedPorts {

    private static final String INGRESS = "proactor.listeners.ingress.port=5672";
    private static final String CONNECTION = "proactor.connections.none.uris=amqp://localhost:1";
    private static final String NOT_MADE = "proactor.connections.none.auto-connect=false";

    private MisplacedPorts() {}

    @ProactorTest(properties = {INGRESS, CONNECTION, NOT_MADE, "proactor.listeners.admin.port=5673"})
    static class FieldOfUnknownName {
        @LocalProactorPort("ingres")
        int port;

        @Test
        void test() {}
    }

    @ProactorTest(properties = {INGRESS, CONNECTION, NOT_MADE, "proactor.listeners.admin.port=5673"})
    static class ParameterOfUnknownName {
        @Test
        void test(@LocalProactorPort("ingres") int port) {}
    }

    @ProactorTest(properties = {INGRESS, CONNECTION, NOT_MADE, "proactor.listeners.admin.port=5673"})
    static class NoNameForTwo {
        @LocalProactorPort
        int port;

        @Test
        void test() {}
    }

    @ProactorTest(properties = {INGRESS, CONNECTION, NOT_MADE, "proactor.auto-startup=false"})
    static class NotBound {
        @LocalProactorPort
        int port;

        @Test
        void test() {}
    }

    @ProactorTest(properties = {INGRESS, CONNECTION, NOT_MADE})
    static class NotAnInt {
        @LocalProactorPort
        String port;

        @Test
        void test() {}
    }

    @SpringBootTest(classes = NoProactor.Empty.class, properties = "proactor.enabled=false")
    static class NoProactor {
        static class Empty {}

        @LocalProactorPort
        int port;

        @Test
        void test() {}
    }
}
