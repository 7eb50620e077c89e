package dev.proactor.spring.boot.internal.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Proactor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WaitingMessagesTest {

    private final Proactor proactor = Proactor.create();
    private final WaitingMessages place = new WaitingMessages(new ListenerRoutes("ingress", proactor, 10), "a");

    @AfterEach
    void close() {
        proactor.close();
    }

    private static OutgoingMessage message() {
        return new OutgoingMessage("a", new byte[1], "1s", new Pending(10));
    }

    /** Or a time-out would say that no thread came, where credit was wanting. */
    @Test
    void oneThatWasLookedAtIsNotUnlookedAgainWhenOthersCome() {
        OutgoingMessage first = message();
        OutgoingMessage second = message();
        assertThat(place.add(first)).isTrue();
        assertThat(place.isUnlooked(first)).as("nobody was asked to look").isFalse();
        assertThat(place.ask()).isTrue();
        assertThat(place.isUnlooked(first)).isTrue();
        place.answered();
        assertThat(place.isUnlooked(first)).isFalse();

        assertThat(place.add(second)).isTrue();
        assertThat(place.ask()).isTrue();
        assertThat(place.isUnlooked(second)).isTrue();
        assertThat(place.isUnlooked(first)).isFalse();
    }
}
