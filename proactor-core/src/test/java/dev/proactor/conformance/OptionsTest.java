package dev.proactor.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.TransportOptions;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What options are by default, and what they refuse. */
class OptionsTest {

    private static final int MIB = 1024 * 1024;
    private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

    private static ConnectionOptions.Builder client() {
        return ConnectionOptions.to("localhost:5672");
    }

    private static ListenerOptions.Builder server() {
        return ListenerOptions.on("localhost:5672");
    }

    /** An option with its setter, its getter and its range. */
    private static Arguments option(
            String name,
            BiFunction<ListenerOptions.Builder, Long, ListenerOptions.Builder> set,
            Function<ListenerOptions, Number> get,
            long min,
            long max) {
        return Arguments.of(name, set, get, min, max);
    }

    static Stream<Arguments> numbers() {
        return Stream.of(
                option(
                        "maxFrameBytes",
                        (b, v) -> b.maxFrameBytes(v.intValue()),
                        TransportOptions::maxFrameBytes,
                        512,
                        16 * MIB),
                option("maxSessions", (b, v) -> b.maxSessions(v.intValue()), TransportOptions::maxSessions, 1, 65536),
                option("maxLinks", (b, v) -> b.maxLinks(v.intValue()), TransportOptions::maxLinks, 1, 1_000_000),
                option(
                        "maxMessageBytes",
                        ListenerOptions.Builder::maxMessageBytes,
                        TransportOptions::maxMessageBytes,
                        1,
                        Long.MAX_VALUE),
                option(
                        "sessionWindowBytes",
                        (b, v) -> b.maxFrameBytes(512).sessionWindowBytes(v.intValue()),
                        TransportOptions::sessionWindowBytes,
                        512,
                        1024 * MIB),
                option(
                        "maxInputBytes",
                        (b, v) -> b.maxFrameBytes(512).maxSessions(1).maxInputBytes(v),
                        TransportOptions::maxInputBytes,
                        16 * 1024,
                        1L << 40),
                option(
                        "maxOutputBytes",
                        (b, v) -> b.maxOutputBytes(v.intValue()),
                        TransportOptions::maxOutputBytes,
                        16 * 1024,
                        1024 * MIB),
                option(
                        "maxConnections",
                        (b, v) -> b.maxConnections(v.intValue()),
                        ListenerOptions::maxConnections,
                        1,
                        Integer.MAX_VALUE),
                option("backlog", (b, v) -> b.backlog(v.intValue()), ListenerOptions::backlog, 1, 65535));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void takeTheEndsOfARangeAndRefuseWhatIsBeyondByNameValueAndRange(
            String name,
            BiFunction<ListenerOptions.Builder, Long, ListenerOptions.Builder> set,
            Function<ListenerOptions, Number> get,
            long min,
            long max) {
        assertThat(get.apply(set.apply(server(), min).build()).longValue()).isEqualTo(min);
        assertThat(get.apply(set.apply(server(), max).build()).longValue()).isEqualTo(max);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set.apply(server(), min - 1))
                .withMessage(name + " must be from " + min + " to " + max + ", not " + (min - 1));
        if (max < Integer.MAX_VALUE) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> set.apply(server(), max + 1))
                    .withMessage(name + " must be from " + min + " to " + max + ", not " + (max + 1));
        }
    }

    @Test
    void takeTimeoutsFromZeroTo24DaysInWholeMilliseconds() {
        assertThat(client().idleTimeout(Duration.ZERO).build().idleTimeout()).isZero();
        assertThat(client().idleTimeout(Duration.ofNanos(1)).build().idleTimeout())
                .isEqualTo(Duration.ofMillis(1));
        assertThat(client().idleTimeout(LONGEST).build().idleTimeout()).isEqualTo(LONGEST);
        assertThat(server().handshakeTimeout(LONGEST).build().handshakeTimeout())
                .isEqualTo(LONGEST);
        for (Duration bad : new Duration[] {Duration.ofNanos(-1), LONGEST.plusNanos(1)}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> client().idleTimeout(bad))
                    .withMessage("idleTimeout must be from PT0S to " + LONGEST + ", not " + bad);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> server().handshakeTimeout(bad))
                    .withMessage("handshakeTimeout must be from PT0S to " + LONGEST + ", not " + bad);
        }
    }

    @Test
    void refuseAnEmptyName() {
        assertThatIllegalArgumentException().isThrownBy(() -> client().name("")).withMessageContaining("name");
    }

    @Test
    @SuppressWarnings("NullAway")
    void refuseNullByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> ConnectionOptions.to(null))
                .withMessage("address");
        assertThatNullPointerException()
                .isThrownBy(() -> ListenerOptions.on(null))
                .withMessage("address");
        assertThatNullPointerException()
                .isThrownBy(() -> client().containerId(null))
                .withMessage("containerId");
        assertThatNullPointerException()
                .isThrownBy(() -> client().context(null))
                .withMessage("context");
        assertThatNullPointerException()
                .isThrownBy(() -> client().virtualHost(null))
                .withMessage("virtualHost");
        assertThatNullPointerException().isThrownBy(() -> client().sasl(null)).withMessage("sasl");
        assertThatNullPointerException().isThrownBy(() -> server().sasl(null)).withMessage("sasl");
    }

    @Test
    void haveTheirDocumentedDefaults() {
        ConnectionOptions client = client().build();
        ListenerOptions server = server().build();
        for (TransportOptions options : new TransportOptions[] {client, server}) {
            assertThat(options.name()).isEqualTo("dynamic");
            assertThat(options.containerId()).isNull();
            assertThat(options.context()).isNull();
            assertThat(options.maxFrameBytes()).isEqualTo(16 * 1024);
            assertThat(options.idleTimeout()).hasSeconds(60);
            assertThat(options.handshakeTimeout()).hasSeconds(10);
            assertThat(options.maxSessions()).isEqualTo(64);
            assertThat(options.maxLinks()).isEqualTo(1000);
            assertThat(options.maxMessageBytes()).isEqualTo(MIB);
            assertThat(options.sessionWindowBytes()).isEqualTo(16 * MIB);
            assertThat(options.maxInputBytes()).isEqualTo(97L * MIB);
            assertThat(options.maxOutputBytes()).isEqualTo(MIB);
        }
        assertThat(client.address()).isEqualTo("localhost:5672");
        assertThat(client.virtualHost()).isNull();
        assertThat(client.sasl().mechanisms()).containsExactly("ANONYMOUS");
        assertThat(server.address()).isEqualTo("localhost:5672");
        assertThat(server.backlog()).isEqualTo(128);
        assertThat(server.maxConnections()).isEqualTo(10_000);
        assertThat(server.sasl().mechanisms()).containsExactly("ANONYMOUS");
        assertThat(server.sasl().required()).isFalse();
    }

    @Test
    void makeTheSessionWindow1024FramesOrTwoMessagesAndAtMost64Mebibytes() {
        assertThat(client().maxFrameBytes(4096).build().sessionWindowBytes()).isEqualTo(4 * MIB);
        assertThat(client().maxFrameBytes(512).build().sessionWindowBytes()).isEqualTo(2 * MIB);
        assertThat(client().maxMessageBytes(20 * MIB).build().sessionWindowBytes())
                .isEqualTo(40 * MIB);
        assertThat(client().maxFrameBytes(MIB).build().sessionWindowBytes()).isEqualTo(64 * MIB);
        assertThat(client().maxMessageBytes(Long.MAX_VALUE).build().sessionWindowBytes())
                .isEqualTo(64 * MIB);
    }

    @Test
    void makeTheInputBoundFromWindowsAndSessionsAndRaiseItToTwoFramesASession() {
        assertThat(client().maxSessions(1).build().maxInputBytes()).isEqualTo(33L * MIB + 16 * 1024);
        assertThat(client().maxInputBytes(MIB).maxSessions(8).build().maxInputBytes())
                .isEqualTo(MIB);
        assertThat(client().maxInputBytes(MIB).build().maxInputBytes()).isEqualTo(2L * MIB);
        assertThat(client().maxMessageBytes(Long.MAX_VALUE).build().maxInputBytes())
                .isEqualTo(1024L * MIB);
        assertThat(client().maxInputBytes(MIB).maxSessions(8).build().toBuilder()
                        .maxSessions(4)
                        .build()
                        .maxInputBytes())
                .isEqualTo(MIB);
    }

    @Test
    void raiseTheSessionWindowToAFrame() {
        assertThat(client().sessionWindowBytes(512).maxFrameBytes(8192).build().sessionWindowBytes())
                .isEqualTo(8192);
    }

    @Test
    void canBeTakenUpAgainByABuilder() {
        ConnectionOptions client = client().name("uplink")
                .containerId("meter-17")
                .context("mine")
                .virtualHost("example.com")
                .idleTimeout(Duration.ofSeconds(3))
                .maxFrameBytes(1024)
                .build();
        ConnectionOptions changed = client.toBuilder().maxSessions(7).build();
        assertThat(changed)
                .usingRecursiveComparison()
                .ignoringFields("maxSessions", "maxInputBytes")
                .isEqualTo(client);
        assertThat(changed.maxSessions()).isEqualTo(7);

        ListenerOptions server = server().name("ingress")
                .backlog(3)
                .maxConnections(5)
                .maxLinks(9)
                .build();
        ListenerOptions other = server.toBuilder().maxSessions(7).build();
        assertThat(other)
                .usingRecursiveComparison()
                .ignoringFields("maxSessions", "maxInputBytes")
                .isEqualTo(server);
        assertThat(other.backlog()).isEqualTo(3);
    }

    @Test
    void takenUpAgainMakeTheDefaultWindowAnewFromANewMessageSize() {
        ConnectionOptions bigger =
                client().build().toBuilder().maxMessageBytes(20 * MIB).build();
        assertThat(bigger.sessionWindowBytes()).isEqualTo(40 * MIB);
    }
}
