package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.Settlement;
import java.lang.invoke.MethodHandles;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.qpid.proton.engine.Link;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class FailuresTest {

    private static final SourceFilter ALL = new SourceFilter(List.of(), List.of(), List.of());

    private final AtomicLong nanos = new AtomicLong();
    private final Failures failures = new Failures(null, nanos::get);
    private final HandlerMethod method = new HandlerMethod(
            "Readings.reading",
            EnumSet.of(EventType.DELIVERY),
            Occasion.MESSAGE,
            ALL,
            ALL,
            HandlerMethod.Links.ANY,
            0,
            HandlerMethod.Result.NOTHING,
            Settlement.AUTO,
            MethodHandles.constant(Object.class, ""),
            ErrorMethods.NONE,
            null);

    private static HandlerContext context(String address) {
        HandlerContext context = Mockito.mock(HandlerContext.class);
        Mockito.when(context.link()).thenReturn(Mockito.mock(Link.class));
        Mockito.when(context.address()).thenReturn(address);
        Mockito.when(context.name()).thenReturn("ingress");
        return context;
    }

    @Test
    void aMethodThatFailsForEachMessageDoesNotFillTheLog(CapturedOutput output) {
        for (int i = 0; i < 1000; i++) {
            failures.log(method, new IllegalStateException("broken"), context("readings/d1"), "not accepted");
        }
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
        failures.log(method, new IllegalStateException("broken"), context("readings/d1"), "not accepted");

        assertThat(output.getOut().split("Readings.reading failed for link 'readings/d1'", -1))
                .hasSize(3);
        assertThat(output).contains("and 999 times more");
    }

    @Test
    void aPeerThatSendsOnlyRubbishDoesNotFillTheLogEither(CapturedOutput output) {
        for (int i = 0; i < 1000; i++) {
            failures.log(method, new MessageConversionException("no number"), context("readings/d1"), "rejected");
        }
        assertThat(output.getOut().split("no number", -1)).hasSize(2);
    }

    @Test
    void aPeersWordsForgeNoLine(CapturedOutput output) {
        failures.log(
                method,
                new MessageConversionException("no\nnumber"),
                context("readings/d1\n2026-01-01 ERROR all is lost" + "x".repeat(1000)),
                "rejected");

        assertThat(output.getOut().trim().lines()).hasSize(1);
        assertThat(output.getOut()).hasSizeLessThan(600);
    }

    @Test
    void anErrorHandlerThatReturnsNothingLeavesItAsUsual() {
        Failures silent = new Failures((failure, context) -> null, nanos::get);

        assertThat(silent.judge(method, new IllegalStateException("broken"), context("readings/d1")))
                .isSameAs(Verdict.usual());
    }

    @Test
    void anErrorHandlerThatThrowsIsNoErrorHandler() {
        Failures careless = new Failures(
                (failure, context) -> {
                    throw new IllegalStateException("me too");
                },
                nanos::get);

        assertThat(careless.judge(method, new IllegalStateException("broken"), context("readings/d1")))
                .isSameAs(Verdict.usual());
    }
}
