package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Rejected;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;

/** What is no reading is rejected, and the device is told why. */
@WholeGatewayTest
@Timeout(60)
class RejectedReadingsTest {

    @Autowired
    ProactorListeners listeners;

    @Autowired
    ReadingStore store;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                     | value",
                "{\"value\": null}                      | value",
                "{\"value\": \"warm\"}                  | value",
                "{\"value\": \"21.5\"}                  | value",
                "{\"value\": \"NaN\"}                   | value",
                "{\"value\": true}                      | value",
                "{\"value\": 1e999}                     | value",
                "{\"value\": 1, \"at\": \"yesterday\"}  | at",
                "{\"value\": 1, \"at\": \"+1000000000-12-31T23:59:59Z\"} | at",
                "{\"value\": 1, \"unit\": {}}           | unit",
                "{\"value\": 1} {\"value\": 2}          | JSON",
                "[]                                     | ``",
                "null                                   | ``",
                "hello                                  | JSON",
                "``                                     | ``"
            })
    void isRejectedWithAReason(String body, String inReason) throws Exception {
        try (Client client = Client.create();
                Connection connection =
                        client.connect("localhost", listeners.get("ingress").localPort());
                Sender sender = connection.openSender("readings/wrong")) {
            Tracker tracker = sender.send(Message.create(body)).awaitSettlement(10, TimeUnit.SECONDS);

            assertThat(tracker.remoteState())
                    .isInstanceOfSatisfying(
                            Rejected.class,
                            rejected -> assertThat(rejected.getDescription())
                                    .isNotBlank()
                                    .containsIgnoringCase(inReason));
        }
        assertThat(store.count("wrong")).isZero();
    }
}
