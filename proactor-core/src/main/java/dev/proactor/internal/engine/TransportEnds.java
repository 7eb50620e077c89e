package dev.proactor.internal.engine;

import org.apache.qpid.proton.engine.Event;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.engine.impl.CollectorImpl;

/**
 * The two ends of a transport, and the last events of its life.
 *
 * <p>Each of the four comes at most once. {@code TRANSPORT_ERROR} comes before {@code TRANSPORT_CLOSED} or not at all;
 * {@code TRANSPORT_CLOSED} comes when both ends are closed, and nothing after it.
 */
final class TransportEnds {

    private final CollectorImpl collector;
    private final Transport transport;
    private boolean failed;
    private boolean tailClosed;
    private boolean headClosed;

    TransportEnds(CollectorImpl collector, Transport transport) {
        this.collector = collector;
        this.transport = transport;
    }

    /** There is an error; the transport has its condition already. */
    void fail() {
        if (!failed && !closed()) {
            failed = true;
            collector.put(Event.Type.TRANSPORT_ERROR, transport);
        }
    }

    /** Nothing more is read. */
    void closeTail() {
        if (!tailClosed) {
            tailClosed = true;
            collector.put(Event.Type.TRANSPORT_TAIL_CLOSED, transport);
            finishIfBothClosed();
        }
    }

    /** Nothing more is written. */
    void closeHead() {
        if (!headClosed) {
            headClosed = true;
            collector.put(Event.Type.TRANSPORT_HEAD_CLOSED, transport);
            finishIfBothClosed();
        }
    }

    boolean failed() {
        return failed;
    }

    boolean tailClosed() {
        return tailClosed;
    }

    boolean headClosed() {
        return headClosed;
    }

    /** {@return whether {@code TRANSPORT_CLOSED} was posted, if not yet handed out} */
    boolean closed() {
        return tailClosed && headClosed;
    }

    private void finishIfBothClosed() {
        if (closed()) {
            collector.put(Event.Type.TRANSPORT_CLOSED, transport);
        }
    }
}
