package dev.proactor.examples;

import dev.proactor.Event;
import java.util.Objects;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.jspecify.annotations.Nullable;

/** What most programs answer to their peer. */
final class Peers {

    private Peers() {}

    /**
     * Opens what the peer opens but links, and closes what it closes.
     *
     * @return what the peer gave as reason, if it gave one
     */
    static @Nullable String answer(Event event) {
        switch (event.type()) {
            case CONNECTION_REMOTE_OPEN -> event.connection().open();
            case SESSION_REMOTE_OPEN -> event.session().open();
            case LINK_REMOTE_DETACH -> event.link().detach();
            case LINK_REMOTE_CLOSE -> {
                return close(event.link());
            }
            case SESSION_REMOTE_CLOSE -> {
                return close(event.session());
            }
            case CONNECTION_REMOTE_CLOSE -> {
                return close(event.connection());
            }
            case TRANSPORT_ERROR -> {
                return text(event.transport().getCondition());
            }
            default -> {}
        }
        return null;
    }

    /** {@return whether the peer has ended a link or a session, so that a client with one link has nothing more to wait for} */
    static boolean over(Event event) {
        return switch (event.type()) {
            case LINK_REMOTE_DETACH, LINK_REMOTE_CLOSE, SESSION_REMOTE_CLOSE -> true;
            default -> false;
        };
    }

    private static @Nullable String close(Endpoint endpoint) {
        if (endpoint.getLocalState() != EndpointState.CLOSED) {
            endpoint.close();
        }
        return text(endpoint.getRemoteCondition());
    }

    private static @Nullable String text(@Nullable ErrorCondition error) {
        return error == null || error.getCondition() == null
                ? null
                : error.getCondition() + ": " + Objects.requireNonNullElse(error.getDescription(), "");
    }

    /** Who it is, for a person who reads it. */
    static String name(Event event) {
        Connection connection = event.connection();
        return connection.getRemoteContainer() == null
                ? String.valueOf(event.proactor().remoteAddress(connection))
                : connection.getRemoteContainer();
    }
}
