package dev.proactor.spring.boot.endpoint;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoint tells. What does not apply is {@code null}. Text of peers is cut to 200 characters.
 *
 * @param containerId our AMQP container id
 * @param connections named connections first, in the order in which they were registered, then the others, the oldest first
 * @param connectionsOmitted how many more there are
 * @param listeners the listeners
 * @param listenersOmitted how many more there are
 */
public record ProactorDescriptor(
        String containerId,
        List<ConnectionDescriptor> connections,
        int connectionsOmitted,
        List<ListenerDescriptor> listeners,
        int listenersOmitted) {

    /**
     * A connection.
     *
     * @param id what the operations call it: its name, or for one that was accepted {@code <listener>:<number>}
     * @param name its configured name, or that of the listener that accepted it; {@code dynamic} where there is none
     * @param role {@code client} or {@code server}
     * @param state of a named one {@code stopped}, {@code connecting}, {@code open}, {@code reconnecting}, {@code failed}; of another
     *     one {@code opening}, {@code open}, {@code closing}; {@code null} while that is not known because it is busy
     * @param since since when it is in that state; of one that was accepted, since when there is one
     * @param required whether health depends on it
     * @param uris where it leads, without users and passwords
     * @param attempts how many attempts were made since it was last open
     * @param lastError why it was lost or not made
     * @param missingLinks ids of declared links that are not attached
     * @param pausedReceivers ids of receivers that are paused
     * @param busy whether its handlers did not leave room for a look within the time limit; what only they may look at is missing
     * @param remoteAddress the peer's address
     * @param remoteContainerId the peer's container id
     * @param remoteProperties properties of the peer's {@code open}; a value that is no plain one is named by its type
     * @param bytes bytes on the wire; of all connections that had this name. For accepted ones see their listener
     * @param deliveries complete deliveries to us, and deliveries of ours that have their outcome
     * @param sessions its sessions
     * @param sessionsOmitted how many more it has
     * @param linksOmitted how many more links it has
     */
    public record ConnectionDescriptor(
            String id,
            String name,
            String role,
            @Nullable String state,
            Instant since,
            @Nullable Boolean required,
            @Nullable List<String> uris,
            @Nullable Integer attempts,
            @Nullable String lastError,
            @Nullable List<String> missingLinks,
            @Nullable List<String> pausedReceivers,
            boolean busy,
            @Nullable String remoteAddress,
            @Nullable String remoteContainerId,
            @Nullable Map<String, Object> remoteProperties,
            @Nullable Traffic bytes,
            @Nullable Traffic deliveries,
            @Nullable List<SessionDescriptor> sessions,
            @Nullable Integer sessionsOmitted,
            @Nullable Integer linksOmitted) {}

    /**
     * A number for each direction.
     *
     * @param in to us
     * @param out to the peer
     */
    public record Traffic(long in, long out) {}

    /**
     * A session.
     *
     * @param state {@code opening}, {@code open} or {@code closing}
     * @param links its links
     */
    public record SessionDescriptor(String state, List<LinkDescriptor> links) {}

    /**
     * A link.
     *
     * @param name its name
     * @param role what we are: {@code sender} or {@code receiver}
     * @param address the address of its queue or topic
     * @param state {@code opening}, {@code open} or {@code closing}
     * @param credit deliveries that may still be sent
     * @param unsettled deliveries that are not settled
     */
    public record LinkDescriptor(String name, String role, String address, String state, int credit, int unsettled) {}

    /**
     * A listener.
     *
     * @param name its name
     * @param state {@code stopped}, {@code starting}, {@code listening} or {@code failed}
     * @param since since when
     * @param addresses what it is bound to
     * @param accepted how many peers were accepted
     * @param rejected how many were turned away
     * @param waiting how many have connected and were neither accepted nor rejected
     * @param connections how many connections it has now
     * @param bytes bytes on the wire of all that it has accepted
     * @param lastError why it is not bound
     */
    public record ListenerDescriptor(
            String name,
            String state,
            Instant since,
            List<String> addresses,
            long accepted,
            long rejected,
            int waiting,
            int connections,
            Traffic bytes,
            @Nullable String lastError) {}
}
