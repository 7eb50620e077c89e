package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.connection.ConnectionSpec.Reconnect;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackOffTest {

    private static final Reconnect POLICY =
            new Reconnect(true, Duration.ofMillis(500), Duration.ofSeconds(30), 2, 0.2, -1);

    private static long[] delays(double drawn, int... failed) {
        BackOff backOff = new BackOff(POLICY, () -> drawn);
        return IntStream.of(failed)
                .mapToLong(count -> backOff.after(count).toMillis())
                .toArray();
    }

    @Test
    void growsUpToTheLongestDelay() {
        assertThat(delays(0.5, 1, 2, 3, 4, 5, 6, 7, 8, 1_000_000))
                .containsExactly(500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000);
    }

    @Test
    void isUpToAFifthLessOrMoreByChance() {
        assertThat(delays(0, 1, 7)).containsExactly(400, 24_000);
        assertThat(delays(1, 1, 7)).containsExactly(600, 36_000);
    }

    @Test
    void isNeverNone() {
        Reconnect atOnce = new Reconnect(true, Duration.ofMillis(1), Duration.ofMillis(1), 1, 1, -1);
        assertThat(new BackOff(atOnce, () -> 0).after(1)).isEqualTo(Duration.ofMillis(1));
    }
}
