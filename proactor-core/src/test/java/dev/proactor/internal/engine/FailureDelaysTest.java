package dev.proactor.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long those wait who fail to authenticate. */
class FailureDelaysTest {

    private final FailureDelays delays = new FailureDelays();

    private long failedMillis(String address, long atSeconds) throws UnknownHostException {
        return Duration.ofNanos(delays.failed(InetAddress.getByName(address), TimeUnit.SECONDS.toNanos(atSeconds)))
                .toMillis();
    }

    @Test
    void eachFailureDoublesTheWaitUpToItsLimit() throws Exception {
        long[] expected = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
        for (long millis : expected) {
            assertThat(failedMillis("192.0.2.1", 1000)).isEqualTo(millis);
        }
        for (int i = 0; i < 1000; i++) {
            assertThat(failedMillis("192.0.2.1", 1000)).isEqualTo(5000);
        }
        assertThat(failedMillis("192.0.2.1", 1061)).isEqualTo(100);
    }

    @Test
    void aMinuteWithoutFailuresIsForgiven() throws Exception {
        failedMillis("192.0.2.1", 1000);
        assertThat(failedMillis("192.0.2.1", 1060)).isEqualTo(200);
        assertThat(failedMillis("192.0.2.1", 1121)).isEqualTo(100);
    }

    @Test
    void othersDoNotWaitForIt() throws Exception {
        failedMillis("192.0.2.1", 1000);
        failedMillis("192.0.2.1", 1000);
        assertThat(failedMillis("192.0.2.2", 1000)).isEqualTo(100);
    }

    @Test
    void aNetworkOfIpv6IsOnePeer() throws Exception {
        failedMillis("2001:db8::1", 1000);
        assertThat(failedMillis("2001:db8::2", 1000)).isEqualTo(200);
        assertThat(failedMillis("2001:db8:0:1::1", 1000)).isEqualTo(100);
    }

    @Test
    void whoHasNoAddressDoesNotWait() {
        assertThat(delays.failed(null, 0)).isZero();
    }
}
