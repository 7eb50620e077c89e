package dev.proactor.internal.engine;

import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Sasl;
import org.apache.qpid.proton.engine.Ssl;
import org.apache.qpid.proton.engine.SslDomain;
import org.apache.qpid.proton.engine.SslPeerDetails;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.engine.TransportConditionException;
import org.apache.qpid.proton.engine.TransportDecodeException;
import org.apache.qpid.proton.engine.TransportException;
import org.apache.qpid.proton.engine.impl.CollectorImpl;
import org.apache.qpid.proton.engine.impl.TransportImpl;
import org.jspecify.annotations.Nullable;

/**
 * proton-j's transport with its ends cut off. Its bytes, its time-outs, its SASL and TLS are done elsewhere; its condition,
 * and how and in what order its ends close, are ours.
 */
abstract class DetachedTransport extends TransportImpl {

    private final TransportEnds ends;
    private boolean live;
    private boolean abortRequested;
    private boolean tailCloseRequested;
    private boolean closeReceived;
    private boolean closeSent;
    private long framesInput;

    DetachedTransport(CollectorImpl collector) {
        this.ends = new TransportEnds(collector, this);
    }

    final void countFrame() {
        framesInput++;
    }

    /** The peer's close frame came. */
    final void closeCame() {
        closeReceived = true;
    }

    /** Our close frame is written. */
    final void closeIsWritten() {
        closeSent = true;
    }

    // ---- the ends

    /** From now on its limits stand, and its ends may be closed; what was asked for before is done now. */
    void goLive() {
        live = true;
        if (abortRequested) {
            close_head();
        } else if (tailCloseRequested) {
            close_tail();
        }
    }

    /** What the peer sent, or did not send, ends the transport: the condition is told in a close frame. */
    void fault(Symbol condition, String description) {
        setConditionIfNone(condition, description);
        ends.fail();
        ends.closeTail();
    }

    /** The stream ended, or the application ends it. Here, as in C, the tail closes before the error. */
    void endTail(String description) {
        if (!ends.tailClosed()) {
            ends.closeTail();
            if (!closeReceived) {
                setConditionIfNone(Conditions.FRAMING_ERROR, description);
                ends.fail();
            }
        }
    }

    /** The network is gone: there is an error and nothing more to write. */
    void breakOff(Symbol condition, String description) {
        fault(condition, description);
        ends.closeHead();
    }

    void closeTailOnly() {
        ends.closeTail();
    }

    void closeHeadOnly() {
        ends.closeHead();
    }

    /** Bytes came after the tail was closed. They are dropped, but after a close frame there must be none. */
    void surplus() {
        if (closeReceived && !ends.closed()) {
            fault(Conditions.FRAMING_ERROR, "data after close");
        }
    }

    private void setConditionIfNone(Symbol condition, String description) {
        if (getCondition() == null && !ends.closed()) {
            setCondition(new ErrorCondition(condition, description));
        }
    }

    boolean tailClosed() {
        return ends.tailClosed();
    }

    boolean headClosed() {
        return ends.headClosed();
    }

    boolean hasFailed() {
        return ends.failed();
    }

    boolean bothClosed() {
        return ends.closed();
    }

    boolean closeReceived() {
        return closeReceived;
    }

    boolean closeSent() {
        return closeSent;
    }

    /** proton-j found a fault by itself. */
    @Override
    public void closed(@Nullable TransportException error) {
        if (error instanceof TransportConditionException named) {
            fault(named.getCondition(), String.valueOf(error.getMessage()));
        } else if (error instanceof TransportDecodeException) {
            fault(Conditions.DECODE_ERROR, String.valueOf(error.getMessage()));
        } else {
            fault(Conditions.FRAMING_ERROR, error == null ? "connection aborted" : String.valueOf(error.getMessage()));
        }
    }

    /** Aborts the transport: nothing more is read, nothing more is written, not even a close frame. */
    @Override
    public void close_head() {
        if (live) {
            endTail("connection aborted");
            ends.closeHead();
        } else {
            abortRequested = true;
        }
    }

    /** Reads nothing more. Where the peer did not close before, it is an error, and told in a close frame. */
    @Override
    public void close_tail() {
        if (live) {
            endTail("connection aborted");
        } else {
            tailCloseRequested = true;
        }
    }

    @Override
    public boolean isClosed() {
        return ends.closed();
    }

    @Override
    public long getFramesInput() {
        return framesInput;
    }

    @Override
    public void setMaxFrameSize(int maxFrameSize) {
        if (live) {
            throw new IllegalStateException("The maximum frame size can be set until CONNECTION_BOUND was handled");
        }
        super.setMaxFrameSize(maxFrameSize);
    }

    // ---- what the proactor does itself

    @Override
    public int capacity() {
        return ends.tailClosed() ? Transport.END_OF_STREAM : 0;
    }

    @Override
    public int pending() {
        return ends.headClosed() ? Transport.END_OF_STREAM : 0;
    }

    @Override
    public ByteBuffer tail() {
        throw notHere();
    }

    @Override
    public void process() {
        throw notHere();
    }

    @Override
    public ByteBuffer head() {
        throw notHere();
    }

    @Override
    public void pop(int bytes) {
        throw notHere();
    }

    @Override
    public long tick(long now) {
        throw notHere();
    }

    @Override
    public Sasl sasl() {
        throw new UnsupportedOperationException("Set SASL in ConnectionOptions or ListenerOptions");
    }

    @Override
    public Ssl ssl(SslDomain domain, @Nullable SslPeerDetails details) {
        throw new UnsupportedOperationException("TLS is not a matter of the transport here");
    }

    private static UnsupportedOperationException notHere() {
        return new UnsupportedOperationException("The proactor does this transport's input, output and time-outs");
    }
}
