package dev.proactor.internal.transport;

import java.io.IOException;

/** The peer began without TLS where that is required. The stream itself is sound: the peer can be told. */
public final class UnencryptedException extends IOException {

    private static final long serialVersionUID = 1;

    UnencryptedException() {
        super("Client connection unencrypted - forbidden");
    }
}
