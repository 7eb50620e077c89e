package dev.proactor.internal.engine;

import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.FrameBody;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Sasl;
import org.apache.qpid.proton.engine.Ssl;
import org.apache.qpid.proton.engine.SslDomain;
import org.apache.qpid.proton.engine.SslPeerDetails;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.engine.TransportConditionException;
import org.apache.qpid.proton.engine.TransportDecodeException;
import org.apache.qpid.proton.engine.TransportException;
import org.apache.qpid.proton.engine.impl.TransportImpl;
import org.apache.qpid.proton.framing.TransportFrame;
import org.jspecify.annotations.Nullable;

/**
 * proton-j's transport with its ends cut off: it keeps the state of sessions, links and deliveries, and turns that into
 * frames; frames come in by {@link #amqpFrame}, go out by {@link #writeInto}, and its life ends by {@link TransportEnds}.
 */
final class GuardedTransport extends TransportImpl {

    private final EventCursor events;
    private final TransportEnds ends;
    private final DecoderImpl decoder = EngineInternals.decoder(this);
    private @Nullable ByteBuffer lastBuffer;
    private @Nullable ReadableBuffer lastReader;
    private boolean live;
    private boolean abortRequested;
    private boolean tailCloseRequested;
    private boolean closeReceived;
    private boolean closeSent;
    private long framesInput;

    GuardedTransport(EventCursor events) {
        this.events = events;
        this.ends = new TransportEnds(events.collector(), this);
    }

    // ---- frames in

    /** Takes one AMQP frame. Never throws: what is wrong with it ends the transport. */
    void amqpFrame(int channel, ByteBuffer body) {
        framesInput++;
        if (!body.hasRemaining()) {
            return;
        }
        Object performative;
        try {
            decoder.setBuffer(reader(body));
            performative = decoder.readObject();
        } catch (RuntimeException | StackOverflowError e) {
            fault(Conditions.DECODE_ERROR, "not a performative: " + e.getMessage());
            return;
        } finally {
            decoder.setBuffer(null);
        }
        if (!(performative instanceof FrameBody frame)) {
            fault(
                    Conditions.DECODE_ERROR,
                    "not a performative: "
                            + (performative == null
                                    ? null
                                    : performative.getClass().getSimpleName()));
            return;
        }
        Binary payload = null;
        if (body.hasRemaining()) {
            byte[] bytes = new byte[body.remaining()];
            body.get(bytes);
            payload = new Binary(bytes);
        }
        try {
            handleFrame(new TransportFrame(channel, frame, payload));
        } catch (RuntimeException e) {
            fault(Conditions.INTERNAL_ERROR, "on " + frame.getClass().getSimpleName() + ": " + e);
        }
    }

    /** {@return a reader of a buffer} It is the same buffer for many frames, so its reader is kept. */
    private ReadableBuffer reader(ByteBuffer buffer) {
        ReadableBuffer reader = lastReader;
        if (reader == null || lastBuffer != buffer) {
            reader = ReadableBuffer.ByteBufferReader.wrap(buffer);
            lastReader = reader;
            lastBuffer = buffer;
        }
        return reader;
    }

    /** The buffer that frames were read from goes back to who lent it. */
    void inputConsumed() {
        lastBuffer = null;
        lastReader = null;
    }

    @Override
    public void handleClose(Close close, Binary payload, Integer channel) {
        closeReceived = true;
        super.handleClose(close, payload, channel);
        ends.closeTail();
    }

    // ---- frames out

    @Override
    protected void writeFrame(
            int channel, FrameBody frame, @Nullable ReadableBuffer payload, @Nullable Runnable onPayloadTooLarge) {
        if (frame instanceof Open open) {
            // proton-j leaves 0 out, and the peer would take 65535.
            open.setChannelMax(UnsignedShort.valueOf((short) getChannelMax()));
        } else if (frame instanceof Close) {
            closeSent = true;
        }
        super.writeFrame(channel, frame, payload, onPayloadTooLarge);
    }

    /** Queues a frame that says nothing but that we are here. */
    void writeEmptyFrame() {
        super.writeFrame(0, null, null, null);
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

    void authenticated() {
        events.postAuthenticated(this);
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
