package dev.proactor;

import dev.proactor.security.Identity;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLSession;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * Multithreaded I/O for AMQP 1.0 on the application's own threads: connects and listens, and hands whoever waits in
 * {@link #await()} batches of events. What Proton C has in {@code proactor.h}, for proton-j.
 *
 * <p><b>The guarantee.</b> Events of one connection, with its sessions, links and deliveries, are handled one after the
 * other, however many threads wait; different connections run in parallel. A connection and all that belongs to it may be
 * touched only by the owner of its open batch; the calls here say so where they are an exception.
 *
 * <p><b>Threads.</b> There are no hidden I/O threads (but up to four daemons for name look-ups, which end when idle). Input, output and
 * time-outs happen inside {@code await()} and at the end of a batch, on the threads that call them. While every thread is in a
 * handler, nothing is read or written and no heartbeat is sent: have more threads than handlers that block, or let one
 * {@linkplain #standBy() stand by}.
 *
 * <p><b>Errors.</b> {@code connect} and {@code listen} never fail for what the network does. It comes as an event:
 * {@link EventType#TRANSPORT_ERROR} and {@link EventType#TRANSPORT_CLOSED}, or {@link EventType#LISTENER_CLOSE}. The
 * conditions of input and output are named {@link #IO_ERROR proton:io}.
 *
 * <pre>{@code
 * try (Proactor proactor = Proactor.create()) {
 *     proactor.connect(ConnectionOptions.to("localhost:5672").build());
 *     for (boolean done = false; !done; ) {
 *         try (EventBatch batch = proactor.await()) {
 *             for (Event event; (event = batch.next()) != null; ) {
 *                 done |= handle(event);
 *             }
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Every method is thread-safe unless it says otherwise.
 */
public interface Proactor extends AutoCloseable {

    /** The name of conditions that come from the operating system and not from AMQP, as Proton C has it. */
    Symbol IO_ERROR = Symbol.valueOf("proton:io");

    /** {@return a proactor with the default settings} */
    static Proactor create() {
        return builder().build();
    }

    /** {@return a builder} */
    static ProactorBuilder builder() {
        return new ProactorBuilder();
    }

    /**
     * Finds the proactor of a connection ({@code pn_connection_proactor}).
     *
     * @param connection any connection
     * @return the proactor that made it, or {@code null} if none did, or the connection was released or is over
     */
    static @Nullable Proactor of(Connection connection) {
        return connection instanceof ProactorConnection ours ? ours.proactor() : null;
    }

    // ---- events

    /**
     * Waits for a batch ({@code pn_proactor_wait}).
     *
     * @return a batch with at least one event; the caller owns it and must close it
     * @throws InterruptedException if the thread was interrupted before or while it waited. No event is lost, and what the
     *     thread had in hand is passed on to another one
     * @throws ProactorClosedException if the proactor is closed, or is closed while waiting
     */
    EventBatch await() throws InterruptedException;

    /**
     * Waits for a batch for some time.
     *
     * @param timeout the longest wait; zero or less is {@link #poll()}
     * @return a batch with at least one event, or {@code null} if there was none in that time; {@code try} takes a null too
     * @throws InterruptedException as {@link #await()}
     * @throws ProactorClosedException as {@link #await()}
     */
    @Nullable EventBatch await(Duration timeout) throws InterruptedException;

    /**
     * Takes a batch if there is one, and never blocks ({@code pn_proactor_get}). Does the input and output that is due.
     *
     * @return a batch with at least one event, or {@code null}
     * @throws ProactorClosedException if the proactor is closed
     */
    @Nullable EventBatch poll();

    /**
     * Lends the calling thread for the times when every other thread is in a handler. Then it does for all connections what
     * needs no handler: it reads, writes what waits, goes on with connects, sends heartbeats and expires time-outs. Batches it
     * leaves to the threads that wait in {@link #await()}. It begins when nobody has looked at the network for some 20 ms and
     * stops when a thread comes back; where threads wait for batches it sleeps, and costs them nothing.
     *
     * <p>It can't help a connection whose own handler blocks: that is nobody else's to touch, and gets lost if it blocks for longer
     * than the peer's idle time-out. Of a connection with events that wait for a handler it reads nothing more; heartbeats are sent
     * to its peer, and whether that peer is silent is judged once there is a thread again. Peers that connect wait with the system.
     *
     * <p>One thread at a time may stand by.
     *
     * <p>Returns when the proactor is closed; at once if it was before.
     *
     * @throws InterruptedException if the thread was interrupted before or while it stood by. What it had in hand is left to
     *     the others
     * @throws IllegalStateException if another thread stands by
     */
    void standBy() throws InterruptedException;

    // ---- connections and listeners

    /**
     * Connects ({@code pn_proactor_connect2}). Returns at once. The connection is opened; its first events are
     * {@link EventType#CONNECTION_INIT}, {@link EventType#CONNECTION_LOCAL_OPEN} and {@link EventType#CONNECTION_BOUND},
     * which do not wait for the network. Every address of the host is tried in turn.
     *
     * @param options where to and how
     * @return the connection, for {@link #wake}, {@link #execute} and the like; its own methods belong to the owner of its
     *     batch, already before this method returns
     * @throws ProactorClosedException if the proactor is closed
     */
    Connection connect(ConnectionOptions options);

    /**
     * Connects, and connects again whenever the connection is over. Returns at once. Proton C leaves this to the application.
     *
     * @param options where to at first, and how
     * @param reconnect where to after that, and how often
     * @return the handle of what is one connection after another
     * @throws ProactorClosedException if the proactor is closed
     */
    LastingConnection keepConnected(ConnectionOptions options, ReconnectOptions reconnect);

    /**
     * Finds the lasting connection to which a connection belongs. Thread-safe.
     *
     * @param connection any connection
     * @return its lasting connection, or {@code null} if it was not made by {@link #keepConnected}
     */
    @Nullable LastingConnection lasting(Connection connection);

    /**
     * Takes over a connected channel. From here on it behaves as if {@link #connect} had made it: it is opened, and the
     * channel is closed with the connection.
     *
     * @param channel a connected channel, registered nowhere; it belongs to the proactor from now on
     * @param options how; the address serves for messages and the default virtual host
     * @return the connection
     * @throws IllegalArgumentException if the channel is not connected, not of TCP, or registered with a selector
     * @throws ProactorClosedException if the proactor is closed
     */
    Connection adopt(SocketChannel channel, ConnectionOptions options);

    /**
     * Listens ({@code pn_proactor_listen}). Returns at once; {@link EventType#LISTENER_OPEN} or
     * {@link EventType#LISTENER_CLOSE} tells how it went.
     *
     * @param options where and how
     * @return the listener
     * @throws ProactorClosedException if the proactor is closed
     */
    Listener listen(ListenerOptions options);

    /**
     * Connects, for another protocol than AMQP ({@code pn_proactor_raw_connect}). Returns at once;
     * {@link EventType#RAW_CONNECTION_CONNECTED} or {@link EventType#RAW_CONNECTION_DISCONNECTED} tells how it went. Every address of
     * the host is tried in turn.
     *
     * @param options where to and how
     * @return the raw connection; but for {@link RawConnection#wake()} and the like its methods belong to the owner of its batch,
     *     already before this method returns
     * @throws ProactorClosedException if the proactor is closed
     */
    RawConnection connectRaw(RawOptions options);

    /**
     * Disconnects all connections and closes all listeners ({@code pn_proactor_disconnect}); then comes
     * {@link EventType#PROACTOR_INACTIVE}. A connection gets {@link EventType#TRANSPORT_ERROR} with the condition (if there is
     * one) and {@link EventType#TRANSPORT_CLOSED}, and its peer sees it aborted; a raw one is reset and gets
     * {@link EventType#RAW_CONNECTION_DISCONNECTED}, and what waits is not written. One that is being handled now follows at
     * the end of its batch. The proactor stays usable.
     *
     * @param condition why, or {@code null}
     */
    void disconnect(@Nullable ErrorCondition condition);

    // ---- the proactor's own events

    /**
     * Makes one waiting thread return with {@link EventType#PROACTOR_INTERRUPT} ({@code pn_proactor_interrupt}). At least one
     * such event follows the last of several calls; calls close together may share one. To stop several threads, each
     * handler of the event calls this again.
     */
    void interrupt();

    /**
     * Asks for {@link EventType#PROACTOR_TIMEOUT} ({@code pn_proactor_set_timeout}). There is one time-out: setting it again
     * before it was delivered replaces it.
     *
     * @param delay not before this much time; zero or less is at once. {@link #disconnect} leaves it as it is
     */
    void setTimeout(Duration delay);

    /** Takes back {@link #setTimeout} ({@code pn_proactor_cancel_timeout}). */
    void cancelTimeout();

    // ---- one connection, from any thread

    /**
     * Asks for {@link EventType#CONNECTION_WAKE} ({@code pn_connection_wake}). At least one such event follows the last of
     * several calls; calls close together may share one. Does nothing for a connection that is over, was released or is no
     * proactor's.
     *
     * @param connection the connection
     */
    void wake(Connection connection);

    /**
     * Runs a task in the connection's sequence, with the same rights as a handler: on the thread that handles the
     * connection's batch, just before it gets {@link EventType#CONNECTION_WAKE}. Tasks run in the order in which they were
     * given. A task that was taken runs, at the latest before {@link EventType#TRANSPORT_CLOSED}; only {@link #close()} of
     * the proactor drops tasks, unseen: a future that a task should complete is then never completed. What a task throws goes to the thread's uncaught-exception handler, and the next one runs.
     *
     * @param connection the connection
     * @param task what to run; it should not block
     * @throws ConnectionEndedException if the connection is over, was released or is no proactor's: the task will not run
     */
    void execute(Connection connection, Runnable task);

    /**
     * {@return an executor that runs its tasks with {@link #execute}}
     *
     * @param connection the connection
     */
    Executor executor(Connection connection);

    /**
     * {@return the local address of a connection, or {@code null} before it is connected and after
     * {@link EventType#TRANSPORT_CLOSED}} ({@code pn_transport}'s {@code pn_netaddr_local})
     *
     * @param connection the connection
     */
    @Nullable InetSocketAddress localAddress(Connection connection);

    /**
     * {@return the address of a connection's peer, or {@code null} before it is connected and after
     * {@link EventType#TRANSPORT_CLOSED}} ({@code pn_netaddr_remote})
     *
     * @param connection the connection
     */
    @Nullable InetSocketAddress remoteAddress(Connection connection);

    /**
     * {@return the TLS session of a connection, with its protocol, cipher suite and the peer's certificates; {@code null} before
     * the handshake is over and where there is no TLS} (AMQP 5.2)
     *
     * @param connection the connection
     */
    @Nullable SSLSession tlsSession(Connection connection);

    /**
     * {@return who the peer of an accepted connection has proved to be by SASL, or who we have proved to be to the peer of one that
     * we made; {@code null} before {@link EventType#TRANSPORT_AUTHENTICATED} and where there is no SASL} (AMQP 5.3)
     *
     * @param connection the connection
     */
    @Nullable Identity identity(Connection connection);

    /**
     * Decodes a message of a peer that need not be trusted. {@link Message#decode} throws exceptions of many kinds at what is no message, and
     * takes minutes for a small one whose maps have keys that were chosen for it, or all memory for one that has nothing but empty lists.
     *
     * <pre>{@code
     * try {
     *     handle(proactor.decode(receiver.recv()));
     *     delivery.disposition(Accepted.getInstance());
     * } catch (MalformedMessageException malformed) {
     *     delivery.disposition(new Rejected());
     * }
     * }</pre>
     *
     * @param encoded all bytes of a delivery, from the buffer's position to its limit (AMQP 3.2)
     * @return the message
     * @throws MalformedMessageException if they are no message; if a map in it has keys that are lists, maps, arrays or described values, or
     *     more than 256 keys of other types than its first or of types without an order (binary, decimal); if it has more than 100,000
     *     values, of which an array of numbers is one; or if it is nested too deeply
     */
    Message decode(ReadableBuffer encoded);

    // ---- one connection, only by the owner of its open batch

    /**
     * Lets go of a connection ({@code pn_proactor_release_connection}): its transport is aborted and unbound, there are no
     * more events for it, and the connection with its sessions and links stays as it is, for the caller to look at. It can't be
     * connected again; make a new one. Tasks that {@link #execute} took before are run first. Only for the owner of the connection's open batch; from elsewhere
     * give {@link #execute} a task that does it. Does nothing for a connection that is over or is no proactor's.
     *
     * @param connection the connection
     * @throws IllegalStateException if nobody has a batch of the connection open: then the caller is not its owner
     */
    void release(Connection connection);

    /**
     * Writes what is ready now and what the network takes without blocking ({@code pn_connection_write_flush}), instead of
     * at the end of the batch. Only for the owner of the connection's open batch. Does nothing for a connection that is no
     * proactor's.
     *
     * @param connection the connection
     */
    void flush(Connection connection);

    /**
     * How many deliveries may be begun on a sender now: its credit, or 0 while the connection has more output waiting than
     * half of {@link TransportOptions#maxOutputBytes()}; then {@link EventType#LINK_FLOW} tells when there is room again.
     * This is the question to ask before a send. Only for the owner of the connection's open batch.
     *
     * @param sender the sender
     * @return 0 or more; 0 also where the sender, its session or its connection is not open here or closed by the peer, the transport is closed, or
     *     the connection was released or is no proactor's
     */
    int sendable(Sender sender);

    /**
     * Gives up an outgoing delivery that is not complete ({@code pn_delivery_abort}; proton-j's own {@code abort} does
     * nothing). If nothing of it was sent yet it is dropped, with no credit used; else the peer is told that it is aborted
     * (AMQP 2.7.5). It is settled. Only for the owner of the connection's open batch.
     *
     * @param delivery the current delivery of a sender
     * @throws IllegalArgumentException if it is an incoming delivery, or its connection is no proactor's
     * @throws IllegalStateException if it was already completed, aborted or settled
     */
    void abort(Delivery delivery);

    /**
     * Why a connection ends: a value from {@link EventType#TRANSPORT_ERROR} or {@link EventType#TRANSPORT_CLOSED} on, before
     * that {@code null}. Only for the owner of the connection's open batch.
     *
     * @param connection the connection
     * @return the reason, or {@code null} while there is none, or for a connection that is no proactor's
     */
    @Nullable CloseReason closeReason(Connection connection);

    // ---- the rest

    /**
     * {@return the time that time-outs and ticks go by: monotonic, from an arbitrary origin, to be compared only with what the
     * same proactor returns} ({@code pn_proactor_now_64})
     */
    Duration now();

    /** {@return the container id of connections that have none of their own} */
    String containerId();

    /** {@return the proactor's counts, live} */
    ProactorCounts counts();

    /**
     * Ends everything ({@code pn_proactor_free}): connections are aborted, listeners closed, descriptors given back, with no
     * events. Threads that wait get {@link ProactorClosedException}. An open batch may still be closed by its owner, which
     * then only ends. It does not wait for handlers. A second call does nothing.
     */
    @Override
    void close();
}
