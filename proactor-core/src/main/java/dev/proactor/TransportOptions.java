package dev.proactor;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ConnectionOptions} and {@link ListenerOptions} have in common: the limits and time-outs of a connection. Their
 * defaults are safe for a port that strangers reach; whom to let in is another question ({@link ListenerOptions#sasl()}). Immutable and thread-safe; a value out of range fails in the builder,
 * with its name, the value and the range.
 */
public abstract sealed class TransportOptions permits ConnectionOptions, ListenerOptions {

    private static final int DEFAULT_WINDOW_FRAMES = 1024;
    private static final int MOST_DEFAULT_WINDOW_BYTES = 64 * 1024 * 1024;
    private static final long MOST_DEFAULT_INPUT_BYTES = 1024L * 1024 * 1024;

    private final String name;
    private final @Nullable String containerId;
    private final @Nullable Object context;
    private final int maxFrameBytes;
    private final Duration idleTimeout;
    private final Duration handshakeTimeout;
    private final int maxSessions;
    private final int maxLinks;
    private final long maxMessageBytes;
    private final int sessionWindowBytes;
    private final int chosenWindowBytes; // as in the builder
    private final long maxInputBytes;
    private final long chosenInputBytes; // as in the builder
    private final int maxOutputBytes;

    TransportOptions(Builder<?> builder) {
        this.name = builder.name;
        this.containerId = builder.containerId;
        this.context = builder.context;
        this.maxFrameBytes = builder.maxFrameBytes;
        this.idleTimeout = builder.idleTimeout;
        this.handshakeTimeout = builder.handshakeTimeout;
        this.maxSessions = builder.maxSessions;
        this.maxLinks = builder.maxLinks;
        this.maxMessageBytes = builder.maxMessageBytes;
        this.sessionWindowBytes = builder.effectiveWindowBytes();
        this.chosenWindowBytes = builder.sessionWindowBytes;
        this.maxInputBytes = builder.effectiveInputBytes();
        this.chosenInputBytes = builder.maxInputBytes;
        this.maxOutputBytes = builder.maxOutputBytes;
    }

    /** {@return the name under which counts are kept and messages speak of it; {@code dynamic} unless it was set} */
    public String name() {
        return name;
    }

    /** {@return the container id sent in {@code open}, or {@code null} for the proactor's own} */
    public @Nullable String containerId() {
        return containerId;
    }

    /** {@return the object that the connection's or listener's {@code context} is, or {@code null}} */
    public @Nullable Object context() {
        return context;
    }

    /** {@return the largest frame that the peer may send, in bytes (AMQP 2.7.1 {@code max-frame-size})} */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /** {@return how long the peer may be silent before the connection is given up; zero for ever} */
    public Duration idleTimeout() {
        return idleTimeout;
    }

    /** {@return how long it may take from the first look-up or the accept until the peer's {@code open}; zero for ever} */
    public Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    /** {@return how many sessions a connection may have at once (AMQP {@code channel-max} is one less)} */
    public int maxSessions() {
        return maxSessions;
    }

    /** {@return how many links the peer may have attached at once on one connection} */
    public int maxLinks() {
        return maxLinks;
    }

    /** {@return the largest message that is received, in bytes; advertised in {@code attach}} */
    public long maxMessageBytes() {
        return maxMessageBytes;
    }

    /** {@return how many bytes of deliveries a session holds that were not yet taken by a handler} */
    public int sessionWindowBytes() {
        return sessionWindowBytes;
    }

    /** {@return how many bytes of deliveries all sessions of a connection hold together that were not yet taken by a handler} */
    public long maxInputBytes() {
        return maxInputBytes;
    }

    /** {@return how many bytes a connection holds that were not yet taken by the network} */
    public int maxOutputBytes() {
        return maxOutputBytes;
    }

    /**
     * Collects options.
     *
     * @param <B> the builder itself
     */
    public abstract static sealed class Builder<B extends Builder<B>>
            permits ConnectionOptions.Builder, ListenerOptions.Builder {

        private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

        private String name = "dynamic";
        private @Nullable String containerId;
        private @Nullable Object context;
        private int maxFrameBytes = 16 * 1024;
        private Duration idleTimeout = Duration.ofSeconds(60);
        private Duration handshakeTimeout = Duration.ofSeconds(10);
        private int maxSessions = 64;
        private int maxLinks = 1000;
        private long maxMessageBytes = 1024 * 1024;
        private int sessionWindowBytes; // 0: from the message size
        private long maxInputBytes; // 0: from windows, sessions and the message size
        private int maxOutputBytes = 1024 * 1024;

        Builder() {}

        void copyFrom(TransportOptions options) {
            this.name = options.name;
            this.containerId = options.containerId;
            this.context = options.context;
            this.maxFrameBytes = options.maxFrameBytes;
            this.idleTimeout = options.idleTimeout;
            this.handshakeTimeout = options.handshakeTimeout;
            this.maxSessions = options.maxSessions;
            this.maxLinks = options.maxLinks;
            this.maxMessageBytes = options.maxMessageBytes;
            this.sessionWindowBytes = options.chosenWindowBytes;
            this.maxInputBytes = options.chosenInputBytes;
            this.maxOutputBytes = options.maxOutputBytes;
        }

        abstract B self();

        /**
         * The name under which counts are kept and messages speak of the connection or listener. Connections of one name
         * share their counts, which are kept for
         * good: use few names.
         *
         * @param name not empty; the default is {@code dynamic}
         * @return this builder
         */
        public B name(String name) {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("name must not be empty");
            }
            this.name = name;
            return self();
        }

        /**
         * The container id sent in {@code open} (AMQP 2.7.1). A link is identified by the containers of both ends and its
         * name, so two processes must differ in it.
         *
         * @param containerId the id; the default is the proactor's own
         * @return this builder
         */
        public B containerId(String containerId) {
            this.containerId = Objects.requireNonNull(containerId, "containerId");
            return self();
        }

        /**
         * An object of the application's, found again with {@code connection.getContext()} or {@link Listener#context()}. On
         * connections that a listener accepts it is the listener's, shared by all of them.
         *
         * @param context the object
         * @return this builder
         */
        public B context(Object context) {
            this.context = Objects.requireNonNull(context, "context");
            return self();
        }

        /**
         * The largest frame that the peer may send. A larger one ends the connection with
         * {@code amqp:connection:framing-error}.
         *
         * @param bytes from 512 to 16 MiB; the default is 16 KiB
         * @return this builder
         */
        public B maxFrameBytes(int bytes) {
            this.maxFrameBytes = (int) inRange("maxFrameBytes", bytes, 512, 16 * 1024 * 1024);
            return self();
        }

        /**
         * How long the peer may be silent. The peer is told half of it (AMQP 2.4.5). When it is over the connection ends
         * with {@code amqp:resource-limit-exceeded}. Rounded up to whole milliseconds.
         *
         * @param timeout zero for no limit; at most 24 days; the default is 60 seconds
         * @return this builder
         */
        public B idleTimeout(Duration timeout) {
            this.idleTimeout = timeout("idleTimeout", timeout);
            return self();
        }

        /**
         * How long it may take from the first look-up until the peer's {@code open} has arrived. For a listener's peer it
         * begins when the system gives it to the listener, before the application accepts it. When it is
         * over the connection ends with {@code proton:io} where there is no transport connection yet, else with
         * {@code amqp:resource-limit-exceeded}.
         *
         * @param timeout zero for no limit; at most 24 days; the default is 10 seconds
         * @return this builder
         */
        public B handshakeTimeout(Duration timeout) {
            this.handshakeTimeout = timeout("handshakeTimeout", timeout);
            return self();
        }

        /**
         * How many sessions a connection may have at once. One more ends the connection with
         * {@code amqp:connection:framing-error}.
         *
         * @param sessions from 1 to 65536; the default is 64
         * @return this builder
         */
        public B maxSessions(int sessions) {
            this.maxSessions = (int) inRange("maxSessions", sessions, 1, 65536);
            return self();
        }

        /**
         * How many links the peer may have attached at once on one connection. One more ends the connection with
         * {@code amqp:resource-limit-exceeded}.
         *
         * @param links from 1 to 1,000,000; the default is 1,000
         * @return this builder
         */
        public B maxLinks(int links) {
            this.maxLinks = (int) inRange("maxLinks", links, 1, 1_000_000);
            return self();
        }

        /**
         * The largest message that is received. It is advertised in {@code attach}; a larger one closes its link with
         * {@code amqp:link:message-size-exceeded}.
         *
         * @param bytes from 1; the default is 1 MiB
         * @return this builder
         */
        public B maxMessageBytes(long bytes) {
            this.maxMessageBytes = inRange("maxMessageBytes", bytes, 1, Long.MAX_VALUE);
            return self();
        }

        /**
         * How many bytes of deliveries a session holds that no handler has taken yet: the incoming window, in bytes. Raised
         * to the frame size where it is less. A handler that takes bytes only once a delivery is complete needs room for all
         * partial deliveries of the session, or the session stands still; one that takes partial bytes with {@code recv} as
         * they come needs a frame.
         *
         * <p>The peer is told the window in frames, so that {@link #maxFrameBytes} of the window are used by a small message
         * too: with few frames it has to wait for this end more often. The window of a session that is begun beside others
         * may be less: {@link #maxInputBytes}.
         *
         * @param bytes from 512 to 1 GiB; the default is 1,024 frames, at least twice {@link #maxMessageBytes}, and at most
         *     64 MiB: 16 MiB, where nothing else is set
         * @return this builder
         */
        public B sessionWindowBytes(int bytes) {
            this.sessionWindowBytes = (int) inRange("sessionWindowBytes", bytes, 512, 1024 * 1024 * 1024);
            return self();
        }

        /**
         * How many bytes of deliveries all sessions of a connection hold together that no handler has taken yet. Nothing
         * accumulates where handlers take what comes; this is what a peer can make the connection hold where they leave
         * it, or wait for the rest of many messages. Sessions get windows that do not exceed it in sum: each of {@link
         * #maxSessions} has a share that is kept for it, and of what is left half goes to the next session that is begun,
         * up to {@link #sessionWindowBytes}. So a peer that keeps to its windows is stopped by them. What goes beyond,
         * since a handler has widened a session itself, ends the connection with {@code amqp:resource-limit-exceeded}.
         *
         * <p>To bound it tightly, lower {@link #maxSessions} too: it is raised to two frames for each of these, as a session
         * without a frame of its own stands still.
         *
         * @param bytes from 16 KiB to 1 TiB; the default is two windows, and for each of {@link #maxSessions} a message and a
         *     frame, but no more than 1 GiB: 97 MiB, where nothing else is set
         * @return this builder
         */
        public B maxInputBytes(long bytes) {
            this.maxInputBytes = inRange("maxInputBytes", bytes, 16 * 1024, 1L << 40);
            return self();
        }

        /**
         * How many bytes a connection holds that were sent by handlers and not yet taken by the network. From half of it on
         * {@link Proactor#sendable} is 0, and once the handler has returned, senders' credit looks used up too;
         * {@link EventType#LINK_FLOW} comes again at a quarter. Within one handler only {@code sendable} tells; who goes by
         * {@code getCredit} is shown no more of it than the size of earlier deliveries lets expect to fit. Who sends more than
         * is shown, beyond the limit, loses the connection with {@code amqp:resource-limit-exceeded}: no message is dropped
         * silently, though what was queued is lost with the connection. One message alone may be larger than the limit.
         *
         * @param bytes from 16 KiB to 1 GiB; the default is 1 MiB
         * @return this builder
         */
        public B maxOutputBytes(int bytes) {
            this.maxOutputBytes = (int) inRange("maxOutputBytes", bytes, 16 * 1024, 1024 * 1024 * 1024);
            return self();
        }

        private int effectiveWindowBytes() {
            if (sessionWindowBytes != 0) {
                // A session whose window does not hold one frame could never receive anything.
                return Math.max(sessionWindowBytes, maxFrameBytes);
            }
            long twoMessages = 2 * Math.min(maxMessageBytes, MOST_DEFAULT_WINDOW_BYTES / 2);
            long manyFrames = Math.min((long) DEFAULT_WINDOW_FRAMES * maxFrameBytes, MOST_DEFAULT_WINDOW_BYTES);
            return (int) Math.max(Math.max(twoMessages, manyFrames), 2L * maxFrameBytes);
        }

        private long effectiveInputBytes() {
            long bytes = maxInputBytes;
            if (bytes == 0) {
                long window = effectiveWindowBytes();
                long each = Math.min(window, Math.min(maxMessageBytes, MOST_DEFAULT_INPUT_BYTES) + maxFrameBytes);
                bytes = Math.min(2 * window + maxSessions * each, Math.max(2 * window, MOST_DEFAULT_INPUT_BYTES));
            }
            return Math.max(bytes, 2L * maxSessions * maxFrameBytes);
        }

        static long inRange(String name, long value, long min, long max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(name + " must be from " + min + " to " + max + ", not " + value);
            }
            return value;
        }

        private static Duration timeout(String name, Duration value) {
            if (value.isNegative() || value.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(name + " must be from PT0S to " + LONGEST + ", not " + value);
            }
            return Duration.ofMillis(value.plusNanos(999_999).toMillis());
        }
    }
}
