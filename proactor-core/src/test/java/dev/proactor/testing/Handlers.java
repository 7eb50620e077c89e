package dev.proactor.testing;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import org.apache.qpid.proton.engine.EndpointState;

/** Handlers that tests share. */
public final class Handlers {

    private Handlers() {}

    /** Accepts, answers each opening and closing of the peer with ours, and gives receivers credit. */
    public static void mirror(Event event) {
        switch (event.type()) {
            case LISTENER_ACCEPT -> event.listener().accept();
            case CONNECTION_REMOTE_OPEN -> {
                if (event.connection().getLocalState() == EndpointState.UNINITIALIZED) {
                    event.connection().open();
                }
            }
            case SESSION_REMOTE_OPEN -> {
                if (event.session().getLocalState() == EndpointState.UNINITIALIZED) {
                    event.session().open();
                }
            }
            case LINK_REMOTE_OPEN -> {
                if (event.link().getLocalState() == EndpointState.UNINITIALIZED) {
                    event.link().setSource(event.link().getRemoteSource());
                    event.link().setTarget(event.link().getRemoteTarget());
                    event.link().open();
                    if (event.receiver() != null) {
                        event.receiver().flow(10);
                    }
                }
            }
            case LINK_REMOTE_CLOSE -> event.link().close();
            case LINK_REMOTE_DETACH -> event.link().detach();
            case SESSION_REMOTE_CLOSE -> event.session().close();
            case CONNECTION_REMOTE_CLOSE -> event.connection().close();
            default -> {}
        }
    }

    /** Listens on a port of 127.0.0.1 that the system chooses, and runs the driver until it is bound. */
    public static Listener listen(Driver server) {
        return listen(server, ListenerOptions.on("127.0.0.1:0").build());
    }

    /** Listens, and runs the driver until it is bound. */
    public static Listener listen(Driver server, ListenerOptions options) {
        Listener listener = server.proactor.listen(options);
        server.runTo(EventType.LISTENER_OPEN);
        return listener;
    }

    /** The address to connect to. */
    public static String address(Listener listener) {
        return "127.0.0.1:" + listener.localPort();
    }
}
