package dev.proactor.spring.boot.handler;

/**
 * On which of the events of its types a method is called. {@link #EACH_EVENT} is the plain answer; the others are what most
 * methods mean, and need more than a look at the type.
 */
public enum Occasion {
    /** Each event of the types given. */
    EACH_EVENT,
    /** A delivery to us is complete, and has a message. */
    MESSAGE,
    /** The peer gave a delivery of ours its outcome, or settled it. Once a delivery. */
    SETTLED,
    /** A sender has credit, and room for output: {@code Proactor.sendable} is more than 0. */
    SENDABLE,
    /** The peer's {@code open} has come. Once a connection. */
    CONNECTION_OPENED,
    /**
     * A connection that was opened is over: closed by the peer, closed by us and answered, broken off, cut by us. Exactly once
     * for each {@link #CONNECTION_OPENED}, after {@link #LINK_CLOSED} of its links.
     */
    CONNECTION_CLOSED,
    /** The peer's {@code attach} has come, and the link is not refused. Once a link. */
    LINK_OPENED,
    /**
     * A link that was opened is over: closed, detached, its session ended or its connection over. Exactly once for each
     * {@link #LINK_OPENED}.
     */
    LINK_CLOSED
}
