package dev.proactor.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a peer does once it is connected. */
enum Role {
    /** Does what its peers ask for: receives from their senders, sends to their receivers. Only to listen. */
    REACT,
    /** Sends as fast as it is given credit. */
    SEND,
    /** Receives and gives credit. */
    RECV,
    /** Sends one message, waits for its echo, sends the next. */
    PING,
    /** Connects, closes, connects again. */
    CONNRATE,
    /** Opens connections and leaves them alone. */
    IDLE;

    static Role parse(String text) {
        return Arrays.stream(values())
                .filter(role -> role.label().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--role must be one of "
                        + Arrays.stream(values()).map(Role::label).collect(Collectors.joining(", ")) + ", not "
                        + text));
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
