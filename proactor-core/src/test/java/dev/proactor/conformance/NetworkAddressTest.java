package dev.proactor.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.proactor.NetworkAddress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as they are written. */
class NetworkAddressTest {

    @ParameterizedTest
    @CsvSource({
        "foo, bar, foo:bar",
        "foo, '', foo:",
        "'', bar, :bar",
        "'', '', :",
        "1:2:3:4, 5, 1:2:3:4:5",
        "1:2:3:4, '', 1:2:3:4:",
    })
    @Tag("C52")
    void isWrittenAsHostColonService(String host, String service, String written) {
        assertThat(NetworkAddress.format(host, service)).isEqualTo(written);
        assertThat(new NetworkAddress(host, service)).hasToString(written);
    }

    @ParameterizedTest
    @CsvSource({
        "foo:bar, foo, bar",
        "foo:, foo, 5672",
        ":bar, '', bar",
        ":, '', 5672",
        "'', '', 5672",
        "::1:2:3, ::1:2, 3",
        ":::, ::, 5672",
        "[::1]:7, ::1, 7",
        "[::1]:, ::1, 5672",
        "[::1], ::1, 5672",
    })
    @Tag("C53")
    void isSplitAtTheLastColon(String address, String host, String service) {
        assertThat(NetworkAddress.parse(address)).isEqualTo(new NetworkAddress(host, service));
    }

    @ParameterizedTest
    @CsvSource({":amqp, 5672", ":amqps, 5671", "foo:amqps, 5671", "foo:, 5672", "foo:0, 0", "foo:65535, 65535"})
    @Tag("C53")
    void hasAPortByNumberOrByServiceName(String address, int port) {
        assertThat(NetworkAddress.parse(address).port()).isEqualTo(port);
    }

    @Test
    @Tag("C54")
    void hasTheDefaultPortWhereThereIsNoColon() {
        NetworkAddress address = NetworkAddress.parse("host");
        assertThat(address.host()).isEqualTo("host");
        assertThat(address.port()).isEqualTo(NetworkAddress.AMQP_PORT).isEqualTo(5672);
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo:bar", "foo:65536", "foo:-1", "foo:http", "foo:5 672"})
    void tellsOnlyWhenAskedForThePortThatThereIsNone(String address) {
        NetworkAddress parsed = NetworkAddress.parse(address);
        assertThatIllegalArgumentException()
                .isThrownBy(parsed::port)
                .withMessageContaining("\"" + parsed.service() + "\"")
                .withMessageContaining("0 to 65535");
    }
}
