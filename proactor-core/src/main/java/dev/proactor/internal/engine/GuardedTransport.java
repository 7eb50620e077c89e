package dev.proactor.internal.engine;

import dev.proactor.TransportOptions;
import dev.proactor.internal.counts.ConnectionTally;
import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.End;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.FrameBody;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.framing.TransportFrame;
import org.jspecify.annotations.Nullable;

/**
 * The state of sessions, links and deliveries, which proton-j keeps: frames come in by {@link #amqpFrame} and go out by
 * {@link #output}. What the peer sends is judged before proton-j sees it, and noted; so is what this end writes.
 */
final class GuardedTransport extends DetachedTransport {

    /** How much is encoded ahead of what is taken. proton-j's buffer for it grows to twice as much. */
    private static final int ENCODED_BYTES = 16 * 1024;

    private final EventCursor events;
    private final ConnectionTally tally;
    private final EndpointReaper reaper;
    private final OutputBound bound;
    private final EndpointTable table;
    private final IncomingDeliveries incoming;
    private final OutgoingDeliveries outgoing;
    private final LentCodec codec;
    private @Nullable ByteBuffer lastBuffer;
    private @Nullable ReadableBuffer lastReader;

    GuardedTransport(
            EngineConnection connection,
            EventCursor events,
            TransportOptions options,
            ConnectionTally tally,
            CodecPool codecs) {
        super(events.collector());
        this.codec = new LentCodec(this, codecs);
        this.events = events;
        this.tally = tally;
        this.reaper = new EndpointReaper(connection);
        this.bound = new OutputBound(connection, events, options.maxOutputBytes());
        this.table = new EndpointTable(
                this, tally, reaper, bound, options.maxSessions(), options.maxLinks(), options.maxMessageBytes());
        this.incoming = new IncomingDeliveries(this, connection, table, tally);
        this.outgoing = new OutgoingDeliveries(this, connection, table, tally);
        EngineInternals.boundEncodedBytes(this, ENCODED_BYTES);
        setMaxFrameSize(options.maxFrameBytes());
        setOutboundFrameSizeLimit(options.maxFrameBytes());
        setIdleTimeout((int) options.idleTimeout().toMillis());
        setChannelMax(options.maxSessions() - 1);
        setEmitFlowEventOnSend(false);
    }

    // ---- frames in

    /** Takes one AMQP frame. Never throws: what is wrong with it ends the transport. */
    void amqpFrame(int channel, ByteBuffer body) {
        countFrame();
        tally.frameIn();
        if (!body.hasRemaining()) {
            return;
        }
        ReadableBuffer reader = reader(body);
        String unfit = UntrustedValues.faultOfPerformative(reader);
        if (unfit != null) {
            fault(Conditions.DECODE_ERROR, "not a performative: " + unfit);
            return;
        }
        Object performative;
        try {
            DecoderImpl decoder = codec.decoder();
            decoder.setBuffer(reader);
            performative = decoder.readObject();
        } catch (RuntimeException | StackOverflowError e) {
            codec.drop();
            fault(Conditions.DECODE_ERROR, "not a performative" + SaslCodec.reason(e));
            return;
        }
        if (!(performative instanceof FrameBody frame)) {
            fault(
                    Conditions.DECODE_ERROR,
                    "not a performative: "
                            + (performative == null
                                    ? "nothing"
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

    /** The buffer that frames were read from goes back to who lent it, and so does the codec. */
    void inputConsumed() {
        codec.giveBack();
        lastBuffer = null;
        lastReader = null;
    }

    @Override
    public void handleOpen(Open open, Binary payload, Integer channel) {
        if (!has(open.getContainerId(), "container-id")) {
            return;
        }
        if (isOpenReceived()) {
            fault(Conditions.ILLEGAL_STATE, "a second open");
            return;
        }
        super.handleOpen(open, payload, channel);
        if (isOpenReceived()) {
            tally.opened();
        }
    }

    @Override
    public void handleBegin(Begin begin, Binary payload, Integer channel) {
        if (has(begin.getNextOutgoingId(), "next-outgoing-id")
                && has(begin.getIncomingWindow(), "incoming-window")
                && has(begin.getOutgoingWindow(), "outgoing-window")
                && table.mayBegin(begin, channel)) {
            super.handleBegin(begin, payload, channel);
            table.begun(begin, channel);
        }
    }

    @Override
    public void handleAttach(Attach attach, Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session != null
                && session.session != null
                && has(attach.getName(), "name")
                && has(attach.getHandle(), "handle")
                && has(attach.getRole(), "role")
                && table.mayAttach(session, attach)) {
            super.handleAttach(attach, payload, channel);
            table.attached(session, attach);
        }
    }

    @Override
    public void handleFlow(Flow flow, Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session == null || session.session == null) {
            return;
        }
        if (!has(flow.getIncomingWindow(), "incoming-window")
                || !has(flow.getNextOutgoingId(), "next-outgoing-id")
                || !has(flow.getOutgoingWindow(), "outgoing-window")) {
            return;
        }
        LinkState link = null;
        if (flow.getHandle() != null) {
            link = table.require(session, flow.getHandle());
            if (link == null || !incoming.mayFlow(link, flow)) {
                return;
            }
        }
        super.handleFlow(flow, payload, channel);
        if (link != null && !link.receives) {
            bound.credited(link);
            table.countCredit(link, Math.max(0, link.link.getCredit() + link.withheld));
        }
    }

    @Override
    public void handleTransfer(Transfer transfer, @Nullable Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session == null || session.session == null || !has(transfer.getHandle(), "handle")) {
            return;
        }
        LinkState link = table.require(session, transfer.getHandle());
        if (link != null && incoming.mayTransfer(session, link, transfer, payload)) {
            super.handleTransfer(transfer, incoming.drops(link) ? null : payload, channel);
            if (!hasFailed()) {
                incoming.received(link, transfer);
            }
        }
    }

    @Override
    public void handleDisposition(Disposition disposition, Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session != null
                && session.session != null
                && has(disposition.getRole(), "role")
                && has(disposition.getFirst(), "first")) {
            if (disposition.getRole() == Role.RECEIVER) {
                outgoing.disposed(session, disposition);
            } else {
                incoming.disposed(session, disposition);
            }
        }
    }

    /** Gives proton-j a disposition, or what it may know of it now. */
    void pass(Disposition disposition, int channel) {
        super.handleDisposition(disposition, null, channel);
    }

    @Override
    public void handleDetach(Detach detach, Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session == null || session.session == null || !has(detach.getHandle(), "handle")) {
            return;
        }
        LinkState link = table.require(session, detach.getHandle());
        if (link != null) {
            incoming.interrupted(link);
            super.handleDetach(detach, payload, channel);
            table.detached(link);
        }
    }

    @Override
    public void handleEnd(End end, Binary payload, Integer channel) {
        SessionState session = table.require(channel);
        if (session != null && table.mayEnd(session)) {
            session.byRemoteHandle.forEach(incoming::interrupted);
            super.handleEnd(end, payload, channel);
            table.ended(session);
        }
    }

    @Override
    public void handleClose(Close close, Binary payload, Integer channel) {
        if (!isOpenReceived()) {
            fault(Conditions.FRAMING_ERROR, "a frame came before open");
            return;
        }
        closeCame();
        super.handleClose(close, payload, channel);
        closeTailOnly();
    }

    /** {@return whether a mandatory field is there} proton-j takes a list that is too short. */
    private boolean has(@Nullable Object value, String field) {
        if (value == null) {
            fault(Conditions.DECODE_ERROR, "not a performative: it has no " + field);
            return false;
        }
        return true;
    }

    boolean isOpenReceived() {
        return getRemoteState() != EndpointState.UNINITIALIZED;
    }

    // ---- frames out

    /** Moves frames, as many as fit. {@return whether no frame will ever come any more} */
    boolean output(ByteBuffer target) {
        try {
            return writeFrames(target);
        } finally {
            codec.giveBack();
        }
    }

    private boolean writeFrames(ByteBuffer target) {
        boolean done = false;
        int before;
        do {
            before = target.position();
            try {
                incoming.holdBack();
                done = writeEndpoints(target);
                // After the links' own flows, which open the window too. Also where nothing more fits: there may be
                // more than fits for long, and the peer would wait for its window.
                if (!closeSent() && !hasFailed() && incoming.widenWindows() && target.hasRemaining()) {
                    done = writeInto(target);
                }
                outgoing.afterOutput();
            } catch (RuntimeException e) {
                codec.drop();
                if (hasFailed()) {
                    // It can't even write why it failed.
                    return true;
                }
                fault(Conditions.INTERNAL_ERROR, "writing: " + e);
            }
        } while (!done && target.hasRemaining() && target.position() > before);
        bound.drained();
        return done;
    }

    private boolean writeEndpoints(ByteBuffer target) {
        table.hideDetached();
        try {
            return writeInto(target);
        } finally {
            table.showDetached();
        }
    }

    @Override
    protected void writeFrame(
            int channel, FrameBody frame, @Nullable ReadableBuffer payload, @Nullable Runnable onPayloadTooLarge) {
        if (frame instanceof Transfer transfer) {
            LinkState link = outgoing.writesTransfer(transfer, channel, payload);
            write(channel, frame, payload, onPayloadTooLarge);
            if (link != null) {
                outgoing.wroteTransfer(link, transfer);
            }
            return;
        }
        if (frame instanceof Disposition disposition) {
            incoming.writesDisposition(disposition, channel);
        } else if (frame instanceof Flow flow) {
            incoming.writesFlow(flow, channel);
        } else if (frame instanceof Attach attach) {
            table.writesAttach(attach, channel);
        } else if (frame instanceof Detach detach) {
            table.writesDetach(detach.getHandle().intValue(), channel, outgoing);
        } else if (frame instanceof Begin begin) {
            if (!table.writesBegin(begin, channel)) {
                return;
            }
        } else if (frame instanceof End) {
            table.writesEnd(channel, outgoing);
        } else if (frame instanceof Open open) {
            // proton-j leaves 0 out, and the peer would take 65535.
            open.setChannelMax(UnsignedShort.valueOf((short) getChannelMax()));
        } else if (frame instanceof Close) {
            closeIsWritten();
        }
        write(channel, frame, payload, onPayloadTooLarge);
    }

    private void write(
            int channel,
            @Nullable FrameBody frame,
            @Nullable ReadableBuffer payload,
            @Nullable Runnable onPayloadTooLarge) {
        tally.frameOut();
        if (frame != null) {
            codec.beginFrame();
        }
        super.writeFrame(channel, frame, payload, onPayloadTooLarge);
    }

    /** Queues a frame that says nothing but that we are here. */
    void writeEmptyFrame() {
        write(0, null, null, null);
    }

    /** {@return how much memory it has for frames to be written, in bytes: none if none wait} */
    int heldFrameBytes() {
        return codec.heldBytes();
    }

    // ---- the parts

    OutputBound bound() {
        return bound;
    }

    OutgoingDeliveries outgoing() {
        return outgoing;
    }

    EndpointReaper reaper() {
        return reaper;
    }

    /** SASL has ended well. */
    void authenticated() {
        events.postAuthenticated(this);
    }

    /** A sender may go on. */
    void flowAgain(Link link) {
        events.postFlow(link);
    }
}
