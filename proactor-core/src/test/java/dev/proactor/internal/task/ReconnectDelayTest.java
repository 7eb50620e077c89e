package dev.proactor.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ReconnectOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a lasting connection waits. */
class ReconnectDelayTest {

    private static final ReconnectOptions OPTIONS = ReconnectOptions.builder()
            .initialDelay(Duration.ofMillis(100))
            .maxDelay(Duration.ofSeconds(1))
            .multiplier(3)
            .jitter(0.5)
            .build();

    private static Duration delay(ReconnectOptions options, int failures, double chance) {
        return Duration.ofNanos(Reconnector.delayNanos(options, failures, chance));
    }

    @Test
    void theWaitGrowsUpToItsLimit() {
        assertThat(delay(OPTIONS, 1, 0)).isEqualTo(Duration.ofMillis(100));
        assertThat(delay(OPTIONS, 2, 0)).isEqualTo(Duration.ofMillis(300));
        assertThat(delay(OPTIONS, 3, 0)).isEqualTo(Duration.ofMillis(900));
        assertThat(delay(OPTIONS, 4, 0)).isEqualTo(Duration.ofSeconds(1));
        assertThat(delay(OPTIONS, 1_000_000, 0)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void chanceMakesItLongerOrShorterAndNeverNothing() {
        assertThat(delay(OPTIONS, 1, 1)).isEqualTo(Duration.ofMillis(150));
        assertThat(delay(OPTIONS, 1, -1)).isEqualTo(Duration.ofMillis(50));
        ReconnectOptions wild = ReconnectOptions.builder().jitter(1).build();
        assertThat(delay(wild, 1, -1)).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void valuesOutOfRangeAreNamed() {
        ReconnectOptions.Builder builder = ReconnectOptions.builder();
        assertThatThrownBy(() -> builder.multiplier(0.5)).hasMessageContaining("multiplier is 0.5");
        assertThatThrownBy(() -> builder.jitter(Double.NaN)).hasMessageContaining("jitter is NaN");
        assertThatThrownBy(() -> builder.initialDelay(Duration.ZERO)).hasMessageContaining("initialDelay is PT0S");
        assertThatThrownBy(() -> builder.maxDelay(Duration.ofDays(2))).hasMessageContaining("maxDelay is PT48H");
        assertThatThrownBy(() -> builder.maxAttempts(-1)).hasMessageContaining("maxAttempts is -1");
    }
}
