package dev.proactor.spring.boot.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenerSpecTest {

    private static ListenerSpec with(int backlog, int maxConnections) {
        ListenerSpec usual = ListenerSpec.on("localhost", 0);
        return new ListenerSpec(
                usual.host(),
                usual.port(),
                backlog,
                maxConnections,
                usual.idleTimeout(),
                usual.handshakeTimeout(),
                usual.maxFrameBytes(),
                usual.maxMessageBytes(),
                usual.maxSessions(),
                usual.maxLinks(),
                usual.autoAcceptLinks(),
                usual.credit(),
                usual.maxInputBytes(),
                usual.allowAnonymous());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 2",
        "128, 1000, 1128",
        "128, 1000000, 1000128",
        "65535, 2147483647, 2147483647", // the core's word for no limit
        "65535, 2147483646, 2147483647"
    })
    void theCoreHasRoomForPeersThatAreTurnedAway(int backlog, int maxConnections, int ofTheCore) {
        assertThat(with(backlog, maxConnections).toOptions().build().maxConnections())
                .isEqualTo(ofTheCore);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "-2147483648"})
    void aListenerWithoutAConnectionIsAMistake(int maxConnections) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with(128, maxConnections).toOptions())
                .withMessage("maxConnections must be from 1 to 2147483647, not " + maxConnections);
    }

    @Test
    void aBacklogThatIsOutOfRangeIsToldAsThat() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with(0, 1).toOptions())
                .withMessageContaining("backlog");
    }
}
