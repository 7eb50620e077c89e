package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import dev.proactor.spring.boot.template.ProactorOperations;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.http.MediaType;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

@WebMvcTest(properties = "gateway.command-timeout=3s")
@EnableConfigurationProperties(GatewayProperties.class)
class GatewayControllerTest {

    @Autowired
    MockMvcTester mvc;

    @MockitoBean
    Devices devices;

    @MockitoBean
    ReadingStore store;

    @MockitoBean
    ProactorTemplate template;

    private final ProactorOperations ingress = mock(ProactorOperations.class);

    @BeforeEach
    void knowADevice() {
        when(template.onListener("ingress")).thenReturn(ingress);
        when(devices.isKnown("d1")).thenReturn(true);
    }

    @Test
    void listsDevices() {
        when(devices.all())
                .thenReturn(List.of(
                        new Devices.Device("d1", true, 7, 21.5, Instant.parse("2026-01-31T12:00:00Z"), true),
                        new Devices.Device("d2", false, 0, null, null, false)));

        assertThat(mvc.get().uri("/api/devices")).hasStatusOk().bodyJson().isStrictlyEqualTo("""
                        [{"id": "d1", "online": true, "readings": 7,
                          "lastValue": 21.5, "lastAt": "2026-01-31T12:00:00Z", "commandable": true},
                         {"id": "d2", "online": false, "readings": 0,
                          "lastValue": null, "lastAt": null, "commandable": false}]
                        """);
    }

    @Test
    void answersTheCountAsANumber() {
        when(store.count("d1")).thenReturn(10_000L);

        assertThat(mvc.get().uri("/api/readings/count?device=d1")).hasStatusOk().hasBodyTextEqualTo("10000");
    }

    @Test
    void tellsHowTheDeviceSettledTheCommand() {
        assertThat(answerFor(Accepted.getInstance())).isEqualTo("accepted");
        assertThat(answerFor(Released.getInstance())).isEqualTo("released");
        assertThat(answerFor(new Modified())).isEqualTo("modified");
        assertThat(answerFor(new Rejected())).isEqualTo("rejected");
    }

    @Test
    void tellsWhyTheDeviceRejectedTheCommand() {
        Rejected rejected = new Rejected();
        rejected.setError(new ErrorCondition(Symbol.valueOf("test:tired"), "not today"));
        answer(CompletableFuture.completedFuture(rejected));

        assertThat(command("d1"))
                .hasStatusOk()
                .bodyJson()
                .extractingPath("$.reason")
                .isEqualTo("not today");
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new NoReceiverException("none"), 409),
                Arguments.of(new NoCreditException("none"), 504),
                Arguments.of(new SendTimeoutException("late", true), 504),
                Arguments.of(new OutcomeUnknownException("lost"), 502));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void answersAFailureWithItsStatus(SendException failure, int status) {
        answer(CompletableFuture.failedFuture(failure));

        assertThat(command("d1")).hasStatus(status);
    }

    @Test
    void doesNotKnowADeviceThatWasNeverSeen() {
        assertThat(command("d2")).hasStatus(404);
    }

    private String answerFor(DeliveryState outcome) {
        answer(CompletableFuture.completedFuture(outcome));
        MvcTestResult result = command("d1");
        assertThat(result).hasStatusOk().bodyJson().extractingPath("$.device").isEqualTo("d1");
        return com.jayway.jsonpath.JsonPath.read(body(result), "$.outcome");
    }

    private static String body(MvcTestResult result) {
        try {
            return result.getResponse().getContentAsString();
        } catch (java.io.UnsupportedEncodingException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(CompletableFuture<DeliveryState> outcome) {
        when(ingress.send("commands/d1", "reboot", Duration.ofSeconds(3))).thenReturn(outcome);
    }

    private MvcTestResult command(String device) {
        return mvc.post()
                .uri("/api/devices/{device}/commands", device)
                .contentType(MediaType.TEXT_PLAIN)
                .content("reboot")
                .exchange();
    }
}
