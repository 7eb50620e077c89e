package dev.proactor;

import java.time.Duration;
import java.util.Collection;

/**
 * What a proactor has counted since it was made. A live view: each call reads the value of now. Counters only grow. Figures
 * of connections are brought up to date at the end of each batch. Thread-safe, lock-free.
 */
public interface ProactorCounts {

    /** {@return the counts of connections, one for each role and name that there ever was} */
    Collection<ConnectionCounts> connections();

    /** {@return the counts of listeners, one for each name that there ever was} */
    Collection<ListenerCounts> listeners();

    /** {@return batches delivered}
     *
     * @param source of this kind
     */
    long batches(EventSource source);

    /** {@return events delivered}
     *
     * @param source of batches of this kind
     */
    long events(EventSource source);

    /** {@return subjects that are ready and wait for a thread now} */
    int pendingBatches();

    /** {@return {@link EventType#CONNECTION_WAKE} and {@link EventType#RAW_CONNECTION_WAKE} events delivered} */
    long wakeups();

    /** {@return {@link EventType#PROACTOR_TIMEOUT} events delivered} */
    long timeouts();

    /** {@return {@link EventType#PROACTOR_INTERRUPT} events delivered} */
    long interrupts();

    /** {@return batches that are open now, each of which keeps a thread busy} */
    int openBatches();

    /** {@return the most batches that were open at once} */
    int maxOpenBatches();

    /**
     * {@return how long, all in all, work waited while every thread was in a handler and none did input and output}
     * Heartbeats stop in that time. Where this grows, more threads are needed, or one that
     * {@linkplain Proactor#standBy() stands by}, with which it stays in the tens of milliseconds each time.
     */
    Duration starvation();

    /** Counts of connections of one role and name. A live view, as {@link ProactorCounts}. */
    interface ConnectionCounts {
        /** {@return which end we are} */
        ConnectionRole role();

        /** {@return {@link TransportOptions#name()}} */
        String name();

        /** {@return connections that are open now: the peer's {@code open} has come and the transport is not closed} */
        long active();

        /** {@return connections that were opened} */
        long opened();

        /** {@return connections that are over}
         *
         * @param reason for this reason
         */
        long closed(CloseReason reason);

        /** {@return attempts to connect that got a transport connection, or accepted sockets} */
        long attemptsSucceeded();

        /** {@return attempts to connect that got none} */
        long attemptsFailed();

        /** {@return sessions whose {@code begin} has come from the peer and that did not end} */
        long activeSessions();

        /** {@return senders that the peer has attached and neither end has detached} */
        long activeSenders();

        /** {@return receivers that the peer has attached and neither end has detached} */
        long activeReceivers();

        /** {@return credit that receivers have given and senders have not used} */
        long receiverCredit();

        /** {@return credit that senders have been given and not used} */
        long senderCredit();

        /** {@return deliveries that came to an end}
         *
         * @param direction which way they went
         * @param outcome with this outcome
         */
        long deliveries(Direction direction, DeliveryOutcome outcome);

        /** {@return deliveries that are not settled}
         *
         * @param direction which way they went
         */
        long unsettled(Direction direction);

        /** {@return bytes on the wire}
         *
         * @param direction which way
         */
        long bytes(Direction direction);

        /** {@return AMQP frames}
         *
         * @param direction which way
         */
        long frames(Direction direction);
    }

    /** Counts of listeners of one name. A live view, as {@link ProactorCounts}. */
    interface ListenerCounts {
        /** {@return {@link TransportOptions#name()}} */
        String name();

        /** {@return listeners that are bound now} */
        long active();

        /** {@return peers that were accepted} */
        long accepted();

        /** {@return peers that were rejected, or waited when the listener was closed} */
        long rejected();

        /** {@return attempts to take a peer from the system that failed, for want of descriptors for example} */
        long failed();
    }
}
