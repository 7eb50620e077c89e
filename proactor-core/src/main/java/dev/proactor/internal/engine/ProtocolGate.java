package dev.proactor.internal.engine;

import dev.proactor.security.Identity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslFrameBody;
import org.apache.qpid.proton.codec.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the AMQP engine: decides by the first bytes which protocol is spoken, does the SASL exchange, and lets AMQP
 * frames through only when that has ended well or was not asked for. No byte that comes after a refusal, and no AMQP byte
 * that comes before an authentication which is required, is ever looked at by the engine.
 *
 * <pre>
 *   server:  PROTOCOL --SASL header--> SASL --OK--> AMQP_HEADER --header--> AMQP
 *               '-----------------AMQP header, if SASL is not required--------^
 *   client:  SASL_HEADER --header--> SASL --OK--> AMQP_HEADER --header--> AMQP
 * </pre>
 *
 * A client without SASL begins at AMQP_HEADER. Any error closes the transport's tail, after which nothing is taken in.
 */
abstract class ProtocolGate implements FrameReader.Sink {

    /** How far the stream has come. */
    enum Phase {
        PROTOCOL,
        SASL_HEADER,
        SASL,
        AMQP_HEADER,
        AMQP
    }

    static final byte[] AMQP_HEADER = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    static final byte[] SASL_HEADER = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final GuardedTransport transport;
    private final Surroundings surroundings;
    private Phase phase;
    private @Nullable SaslCodec codec;
    private ByteBuffer output = EMPTY;
    private long nowNanos;

    /** Somebody else has to answer before the exchange goes on; the peer has nothing to say meanwhile. */
    private @Nullable Question<?> question;

    private volatile @Nullable Identity identity;

    ProtocolGate(GuardedTransport transport, Surroundings surroundings, Phase phase) {
        this.transport = transport;
        this.surroundings = surroundings;
        this.phase = phase;
    }

    /** Takes one SASL frame. */
    abstract void saslFrame(SaslFrameBody frame, SaslCodec sasl);

    @Override
    public Expects expects() {
        if (transport.tailClosed()) {
            return Expects.NOTHING;
        }
        return phase == Phase.SASL || phase == Phase.AMQP ? Expects.FRAME : Expects.HEADER;
    }

    @Override
    public int maxFrameBytes() {
        return phase == Phase.SASL ? SaslCodec.MAX_FRAME_BYTES : transport.getMaxFrameSize();
    }

    @Override
    public void frame(int type, int channel, ByteBuffer body) {
        if (type != (phase == Phase.SASL ? SaslCodec.FRAME_TYPE : 0)) {
            malformed("malformed frame: unknown frame type " + type);
        } else if (phase == Phase.AMQP) {
            transport.amqpFrame(channel, body);
        } else {
            SaslFrameBody frame;
            try {
                frame = sasl().decode(body);
            } catch (DecodeException e) {
                transport.fault(Conditions.DECODE_ERROR, String.valueOf(e.getMessage()));
                return;
            }
            if (isWaiting()) {
                unexpected(frame);
            } else {
                saslFrame(frame, sasl());
            }
        }
    }

    @Override
    public void malformed(String what) {
        transport.fault(Conditions.FRAMING_ERROR, what);
    }

    @Override
    public void surplus() {
        transport.surplus();
    }

    // ---- waiting

    /** Takes note of the time. */
    final void at(long nanos) {
        nowNanos = nanos;
    }

    final long nowNanos() {
        return nowNanos;
    }

    final Surroundings surroundings() {
        return surroundings;
    }

    /** Goes on with what was waited for, if that is there. */
    void proceed() {
        Question<?> asked = question;
        if (asked != null && asked.answered) {
            question = null;
            if (!transport.tailClosed()) {
                asked.goOn();
            }
        }
    }

    /** {@return when {@link #proceed} has something to do, as far as that is a matter of time} */
    long dueNanos() {
        return Long.MAX_VALUE;
    }

    boolean isWaiting() {
        return question != null;
    }

    /**
     * Asks somebody who may take his time.
     *
     * @param what the question; what it throws is an answer too
     * @param then what to do with the answer or the failure, in the connection's sequence
     */
    final <T> void ask(
            Callable<? extends CompletionStage<? extends T>> what, BiConsumer<@Nullable T, @Nullable Throwable> then) {
        Question<T> asked = new Question<>(then);
        question = asked;
        try {
            var unused = what.call().whenComplete(asked::answer);
        } catch (Exception e) {
            asked.answer(null, e);
        }
        asked.inline = false;
        proceed();
    }

    /** Who answers may be any thread; who goes on is the owner of the connection. */
    private final class Question<T> {
        private final BiConsumer<@Nullable T, @Nullable Throwable> then;
        private final Thread asker = Thread.currentThread();
        /** Whether the asker is still asking. Only the asker's thread looks at it. */
        private boolean inline = true;

        private @Nullable T value;
        private @Nullable Throwable failure;
        private volatile boolean answered;

        Question(BiConsumer<@Nullable T, @Nullable Throwable> then) {
            this.then = then;
        }

        void answer(@Nullable T value, @Nullable Throwable failure) {
            this.value = value;
            this.failure = failure;
            answered = true;
            if (Thread.currentThread() != asker || !inline) {
                surroundings.resume();
            }
        }

        void goOn() {
            Throwable cause = failure;
            then.accept(
                    value, cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause);
        }
    }

    /** {@return who was authenticated, or {@code null} if nobody was} Any thread. */
    final @Nullable Identity identity() {
        return identity;
    }

    /** The exchange has ended well. */
    final void authenticated(String name, String mechanism) {
        identity = new Identity(name, mechanism);
        enter(Phase.AMQP_HEADER);
        transport.authenticated();
    }

    /** {@return what is wrong when the stream ends here} */
    String describeEnd() {
        return switch (phase) {
            case PROTOCOL -> "End of input stream before protocol detection";
            case SASL_HEADER -> "Expected SASL protocol header: no protocol header found (connection aborted)";
            case AMQP_HEADER -> "Expected AMQP protocol header: no protocol header found (connection aborted)";
            case SASL, AMQP -> "connection aborted";
        };
    }

    /**
     * {@return whether the engine may write AMQP bytes now} While nothing is decided a server writes only to say what is
     * wrong; in a SASL exchange nobody writes them.
     */
    boolean amqpMayBeWritten() {
        return switch (phase) {
            case PROTOCOL -> transport.hasFailed();
            case SASL_HEADER, SASL -> false;
            case AMQP_HEADER, AMQP -> true;
        };
    }

    /** {@return whether there are SASL bytes to write first} */
    boolean hasOutput() {
        return output.hasRemaining();
    }

    /** Moves SASL bytes, as many as fit. */
    void output(ByteBuffer target) {
        int limit = output.limit();
        output.limit(Math.min(limit, output.position() + target.remaining()));
        target.put(output);
        output.limit(limit);
        if (!output.hasRemaining()) {
            output = EMPTY;
        }
    }

    final void write(byte[]... parts) {
        int length = output.remaining();
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer longer = ByteBuffer.allocate(length).put(output);
        for (byte[] part : parts) {
            longer.put(part);
        }
        output = longer.flip();
    }

    final Phase phase() {
        return phase;
    }

    final void enter(Phase next) {
        phase = next;
        if (next != Phase.SASL) {
            codec = null;
        }
    }

    final SaslCodec sasl() {
        if (codec == null) {
            codec = new SaslCodec();
        }
        return codec;
    }

    final GuardedTransport transport() {
        return transport;
    }

    final void fault(Symbol condition, String description) {
        transport.fault(condition, description);
    }

    /** A SASL frame that this end never gets, or not now. */
    final void unexpected(SaslFrameBody frame) {
        fault(
                Conditions.FRAMING_ERROR,
                "unexpected SASL frame: " + frame.getClass().getSimpleName());
    }

    final void authenticationFailed(String mechanism, String why) {
        fault(
                Conditions.UNAUTHORIZED_ACCESS,
                "Authentication failed [mech=" + mechanism + "]" + (why.isEmpty() ? "" : ": " + why));
    }

    /** {@return bytes as C prints them: what can be printed as it is, the rest as {@code \x03}} */
    static String quote(byte[] bytes) {
        StringBuilder quoted = new StringBuilder("'");
        for (byte b : bytes) {
            if (b >= ' ' && b < 0x7f && b != '\\' && b != '\'') {
                quoted.append((char) b);
            } else {
                quoted.append(String.format("\\x%02x", b));
            }
        }
        return quoted.append('\'').toString();
    }

    static boolean isAmqp(byte[] header) {
        return header.length >= 4 && new String(header, 0, 4, StandardCharsets.US_ASCII).equals("AMQP");
    }
}
