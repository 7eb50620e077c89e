package dev.proactor.spring.boot.connection;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ConnectionSpecTest {

    @Test
    void aUriHoldsNoPasswordWhichWouldStandInLogs() {
        assertThatThrownBy(() -> ConnectionSpec.to("amqp://ann:geheim@localhost:5672"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CredentialsProvider")
                .hasMessageNotContaining("geheim");
    }
}
