package dev.proactor.internal.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The SASL mechanisms that there are. A new one is a pair of small classes and a line in each method here. */
final class Mechanisms {

    private static final String ANONYMOUS = "ANONYMOUS";

    private Mechanisms() {}

    /** {@return the first of ours that the server offers too, or {@code null} if there is none} */
    static @Nullable ClientMechanism client(List<String> ours, List<String> offered) {
        for (String name : ours) {
            if (offered.contains(name) && name.equals(ANONYMOUS)) {
                return new AnonymousClient();
            }
        }
        return null;
    }

    /** {@return the mechanism that a client chose, or {@code null} if it was not offered} */
    static @Nullable ServerMechanism server(List<String> offered, String chosen) {
        return offered.contains(chosen) && chosen.equals(ANONYMOUS) ? new AnonymousServer() : null;
    }

    /** RFC 4505: no identity; the trace information is optional, and we give none. */
    private static final class AnonymousClient implements ClientMechanism {
        @Override
        public String name() {
            return ANONYMOUS;
        }

        @Override
        public byte[] initialResponse() {
            return new byte[0];
        }

        @Override
        public byte[] respond(byte[] challenge) {
            // A server that got no initial response may ask for it with an empty challenge.
            return new byte[0];
        }
    }

    private static final class AnonymousServer implements ServerMechanism {
        @Override
        public String name() {
            return ANONYMOUS;
        }

        @Override
        public Step step(byte @Nullable [] response) {
            return new Step.Success(null, null);
        }
    }
}
