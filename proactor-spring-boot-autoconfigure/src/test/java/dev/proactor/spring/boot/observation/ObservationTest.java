package dev.proactor.spring.boot.observation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorObservationAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Messages are observed where they are sent and where they are handled, and the trace goes along. */
class ObservationTest {

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {
        final List<String> observed = new CopyOnWriteArrayList<>();
        final CompletableFuture<Void> later = new CompletableFuture<>();
        private final ObservationRegistry registry;

        Readings(ObservationRegistry registry) {
            this.registry = registry;
        }

        @OnMessage
        CompletionStage<?> reading(@Body String body, @Address String address) {
            if (registry.getCurrentObservation() != null) {
                observed.add(registry.getCurrentObservation().getContext().getName());
            }
            return switch (body) {
                case "throw" -> throw new IllegalStateException("as asked");
                case "reject" -> CompletableFuture.completedFuture((DeliveryState) new Rejected());
                case "later" -> later;
                default -> CompletableFuture.completedFuture(null);
            };
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorObservationAutoConfiguration.class));

    private ApplicationContextRunner server(ObservationRegistry registry) {
        return runner.withPropertyValues("proactor.listeners.ingress.port=0")
                .withBean(ObservationRegistry.class, () -> registry)
                .withUserConfiguration(Readings.class);
    }

    private ApplicationContextRunner client(ObservationRegistry registry, int port) {
        return runner.withPropertyValues("proactor.connections.out.uris=amqp://localhost:" + port)
                .withBean(ObservationRegistry.class, () -> registry);
    }

    /** Keeps what has ended. */
    private static final class Recorder implements ObservationHandler<Observation.Context> {
        final List<Observation.Context> ended = new CopyOnWriteArrayList<>();
        final ObservationRegistry registry = ObservationRegistry.create();

        Recorder() {
            registry.observationConfig().observationHandler(this);
        }

        @Override
        public void onStop(Observation.Context context) {
            ended.add(context);
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }

        List<String> values(String key) {
            return ended.stream()
                    .map(context -> context.getAllKeyValues().stream()
                            .filter(pair -> pair.getKey().equals(key))
                            .findFirst()
                            .map(KeyValue::getValue)
                            .orElse("absent"))
                    .toList();
        }
    }

    @Test
    void oneObservationAMessageWithTheNamesOfTheField() {
        Recorder atServer = new Recorder();
        Recorder atClient = new Recorder();
        server(atServer.registry).run(app -> {
            int port = app.getBean(ProactorListeners.class).get("ingress").localPort();
            Readings readings = app.getBean(Readings.class);
            client(atClient.registry, port).run(context -> {
                ProactorTemplate template = context.getBean(ProactorTemplate.class);
                template.sendAndWait("readings/d1", "fine");
                CompletionStage<DeliveryState> late = template.send("readings/d1", "later");
                template.sendAndWait("readings/d1", "reject");
                template.sendAndWait("readings/d1", "throw");
                assertThat(readings.observed).hasSize(4);
                assertThat(atServer.ended)
                        .as("the second one's handler has returned, but its stage is not complete")
                        .hasSize(3);
                readings.later.complete(null);
                late.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
                await().until(() -> atServer.ended.size() == 4 && atClient.ended.size() == 4);
            });
            assertThat(readings.observed).containsOnly("proactor.process");
        });
        assertThat(atServer.ended).extracting(Observation.Context::getName).containsOnly("proactor.process");
        assertThat(atServer.values("messaging.system")).containsOnly("amqp");
        assertThat(atServer.values("messaging.operation.name")).containsOnly("process");
        assertThat(atServer.values("messaging.destination.name")).containsOnly("readings/d1");
        assertThat(atServer.values("proactor.name")).containsOnly("ingress");
        assertThat(atServer.values("proactor.handler")).containsOnly("Readings.reading");
        assertThat(atServer.values("error.type"))
                .containsExactly("none", "none", "java.lang.IllegalStateException", "none");
        assertThat(atServer.values("server.address")).containsOnly("absent");
        assertThat(atClient.ended).extracting(Observation.Context::getName).containsOnly("proactor.send");
        assertThat(atClient.values("proactor.name")).containsOnly("out");
        assertThat(atClient.values("server.address")).containsOnly("localhost");
        assertThat(atClient.values("error.type")).containsExactly("none", "rejected", "modified", "none");
    }

    @Test
    void namesThatAProgramMakesAreNoTags() {
        Recorder atServer = new Recorder();
        Recorder atClient = new Recorder();
        server(atServer.registry).run(app -> {
            ProactorListeners listeners = app.getBean(ProactorListeners.class);
            int port = listeners.get("ingress").localPort();
            runner.withBean(ObservationRegistry.class, () -> atClient.registry).run(context -> {
                context.getBean(ProactorConnections.class)
                        .register("device-1", ConnectionSpec.to("amqp://localhost:" + port));
                context.getBean(ProactorTemplate.class).sendAndWait("readings/d1", "fine");
                await().until(() -> atServer.ended.size() == 1 && atClient.ended.size() == 1);
            });
        });
        assertThat(atServer.values("proactor.name")).containsExactly("ingress");
        assertThat(atClient.values("proactor.name")).containsExactly("dynamic");
    }

    @Test
    void nothingIsObservedWhereThatIsTurnedOff() {
        Recorder recorder = new Recorder();
        server(recorder.registry)
                .withPropertyValues("proactor.observation.enabled=false")
                .run(app -> {
                    assertThat(app).doesNotHaveBean(MicrometerMessageObserver.class);
                    int port =
                            app.getBean(ProactorListeners.class).get("ingress").localPort();
                    client(ObservationRegistry.NOOP, port)
                            .run(context ->
                                    context.getBean(ProactorTemplate.class).sendAndWait("readings/d1", "fine"));
                });
        assertThat(recorder.ended).isEmpty();
    }

    static class MyConvention extends DefaultProactorProcessObservationConvention {
        @Override
        public String getName() {
            return "mine";
        }
    }

    @Test
    void aConventionBeanReplacesTheNames() {
        Recorder recorder = new Recorder();
        server(recorder.registry).withUserConfiguration(MyConvention.class).run(app -> {
            int port = app.getBean(ProactorListeners.class).get("ingress").localPort();
            client(ObservationRegistry.NOOP, port)
                    .run(context -> context.getBean(ProactorTemplate.class).sendAndWait("readings/d1", "fine"));
        });
        assertThat(recorder.ended).extracting(Observation.Context::getName).containsExactly("mine");
    }

    @Test
    void aTraceGoesThroughASendTheWireAndAHandler() {
        try (Tracing atServer = new Tracing();
                Tracing atClient = new Tracing()) {
            server(atServer.registry).run(app -> {
                int port = app.getBean(ProactorListeners.class).get("ingress").localPort();
                client(atClient.registry, port)
                        .run(context -> Observation.createNotStarted("work", atClient.registry)
                                .observe(() ->
                                        context.getBean(ProactorTemplate.class).sendAndWait("readings/d1", "fine")));
            });
            assertThat(atServer.spans.getFinishedSpanItems()).hasSize(1);
            assertThat(atClient.spans.getFinishedSpanItems())
                    .extracting(SpanData::getName)
                    .as("who waits for an outcome goes on while it is still told to others")
                    .containsExactlyInAnyOrder("send readings/d1", "work");
            SpanData send = named("send readings/d1", atClient);
            SpanData work = named("work", atClient);
            SpanData process = atServer.spans.getFinishedSpanItems().get(0);
            assertThat(send.getKind()).isEqualTo(SpanKind.PRODUCER);
            assertThat(send.getParentSpanId()).isEqualTo(work.getSpanId());
            assertThat(process.getName()).isEqualTo("process readings/d1");
            assertThat(process.getKind()).isEqualTo(SpanKind.CONSUMER);
            assertThat(process.getTraceId()).isEqualTo(work.getTraceId());
            assertThat(process.getParentSpanId()).isEqualTo(send.getSpanId());
        }
    }

    private static SpanData named(String name, Tracing tracing) {
        return tracing.spans.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
