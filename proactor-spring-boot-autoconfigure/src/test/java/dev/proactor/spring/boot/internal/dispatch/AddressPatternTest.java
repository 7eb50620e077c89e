package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressPatternTest {

    @ParameterizedTest
    @CsvSource({
        "readings/*,     readings/d1,     true",
        "readings/*,     readings/d1/x,   false",
        "readings/*,     readings/,       false",
        "readings/*,     readings,        false",
        "*/d1,           readings/d1,     true",
        "sim-*,          sim-1,           true",
        "sim-*,          sim-,            false",
        "a*c,            abbc,            true",
        "a*c,            a/c,             false",
        "readings/**,    readings/d1/x,   true",
        "readings/**,    readings/,       true",
        "**,             '',              true",
        "**,             a/b/c,           true",
        "**/x,           a/b/x,           true",
        "**/x,           a/b/y,           false",
        "orders,         orders,          true",
        "orders,         orders2,         false",
        "or.ers,         orders,          false"
    })
    void matchesSegmentsAndRests(String pattern, String address, boolean matches) {
        assertThat(AddressPattern.parse(pattern).matches(address)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        "a/*,     a/b,     true",
        "a/*,     */b,     true",
        "a/*,     b/*,     false",
        "a/*,     a/*/*,   false",
        "a/**,    a/*/*,   true",
        "**,      x,       true",
        "x*,      *y,      true",
        "x*z,     *y,      false",
        "a,       b,       false"
    })
    void knowsWhetherSomeAddressMatchesTwoPatterns(String one, String other, boolean overlap) {
        assertThat(AddressPattern.parse(one).overlaps(AddressPattern.parse(other)))
                .isEqualTo(overlap);
        assertThat(AddressPattern.parse(other).overlaps(AddressPattern.parse(one)))
                .isEqualTo(overlap);
    }

    @Test
    void putsExactBeforeTheLongerPrefixBeforeFewerWildcards() {
        List<String> sorted = Stream.of("**", "readings/*", "readings/d*/*", "readings/d1", "readings/d*")
                .map(AddressPattern::parse)
                .sorted(AddressPattern.MOST_SPECIFIC_FIRST)
                .map(AddressPattern::toString)
                .toList();

        assertThat(sorted).containsExactly("readings/d1", "readings/d*", "readings/d*/*", "readings/*", "**");
    }

    @Test
    void takesNoLongerThanPatternTimesAddress() {
        AddressPattern hard = AddressPattern.parse("*a*a*a*a*a*a*a*a*a*a*b");
        String address = "a".repeat(10_000);

        Assertions.assertThatCode(() -> org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
                        Duration.ofSeconds(5), () -> hard.matches(address)))
                .doesNotThrowAnyException();
    }
}
