package dev.proactor.spring.boot.internal.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n", "\r", "\u0000", "\u001b", "\u007f", "\u0085", "\u009b", "\u2028", "\u2029", "\u202e", "\ud800"
            })
    void whatEndsALineOrTurnsItIsNotShown(String unfit) {
        assertThat(PeerText.name("a" + unfit + "b")).isEqualTo("a?b");
    }

    @Test
    void lettersOfAllKindsAreShown() {
        assertThat(PeerText.name("Größe/温度/🌡")).isEqualTo("Größe/温度/🌡");
    }

    @Test
    void aHundredCharactersOfANameAreEnough() {
        assertThat(PeerText.name("a".repeat(100))).isEqualTo("a".repeat(100));
        assertThat(PeerText.name("a".repeat(101))).isEqualTo("a".repeat(100) + "…");
    }

    @Test
    void conditionsAndOutcomesAreOneLine() {
        ErrorCondition condition = new ErrorCondition(Symbol.valueOf("amqp:\n"), "a\u2028" + "b".repeat(1000));
        Rejected rejected = new Rejected();
        rejected.setError(condition);
        assertThat(PeerText.because(condition)).startsWith(" (amqp:?: a?bbb").hasSizeLessThan(310);
        assertThat(PeerText.outcome(rejected))
                .startsWith("Rejected{")
                .doesNotContain("\n", "\u2028")
                .hasSizeLessThan(310);
        assertThat(PeerText.because(null)).isEmpty();
    }
}
