package dev.proactor.spring.boot.test;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ServerSasl;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.message.Message;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;

/**
 * A broker's double in the test's process: it listens on a free port of the loopback interface, takes what the application sends, and has
 * messages for it. {@link #connect(String, int)} is the other role, a client of the application's own listener.
 *
 * <p><b>In a test with Spring</b> a bean is all it takes. It tells the only configured connection where to go, as the details of a container
 * would, and is closed with the context:
 *
 * <pre>{@code
 * @TestConfiguration(proxyBeanMethods = false)
 * static class Broker {
 *     @Bean
 *     ProactorPeer broker() {
 *         return ProactorPeer.listen(); // listen("orders"), if there are several connections
 *     }
 * }
 * }</pre>
 *
 * <p>Tests that share a context share it: {@link #reset()} makes it as new. As a static field it needs a
 * {@code @DynamicPropertySource} with its {@link #uri()}. It has no TLS, and lets anybody in by PLAIN or ANONYMOUS.
 *
 * <p><b>Messages.</b> What the application sends is accepted, unless {@link #answer}, {@link #leaveUnsettled} or {@link #refuseLinks} say
 * otherwise, and is kept by address. What is {@linkplain #enqueue enqueued} is sent as soon as the application gives credit, once, whatever
 * outcome it then gets: there is no redelivery. Only what has no outcome when the connection is lost is sent again. A link that asks for a
 * dynamic address gets one, so a template's requests can be answered: enqueue a reply at the request's {@code reply-to}.
 *
 * <p><b>Waiting.</b> Every wait has a limit, {@link #PATIENCE} unless it is given one. Then it fails with an {@link AssertionError} that
 * says what the peer did see.
 *
 * <p>{@code assertThat(peer)} of AssertJ gives {@link ProactorPeerAssert}. Thread-safe; it has one thread of its own, a daemon.
 */
public final class ProactorPeer
        implements ProactorConnectionDetails, AssertProvider<ProactorPeerAssert>, AutoCloseable {

    /** How long a wait lasts for which no other limit is given: 5 s. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Peer peer;
    private final int port;
    private final @Nullable String connection;

    private ProactorPeer(Peer peer, int port, @Nullable String connection) {
        this.peer = peer;
        this.port = port;
        this.connection = connection;
    }

    /** {@return a broker's double, listening; as a bean it is for the only connection that is configured} */
    public static ProactorPeer listen() {
        return listenFor(null);
    }

    /**
     * {@return a broker's double, listening}
     *
     * @param connection the connection that it is for as a bean, as in {@code proactor.connections.<name>}
     */
    public static ProactorPeer listen(String connection) {
        return listenFor(connection);
    }

    private static ProactorPeer listenFor(@Nullable String connection) {
        Peer peer = new Peer(true);
        try {
            int port = peer.listen(ListenerOptions.on("localhost:0")
                    .sasl(ServerSasl.of(new Anybody(), "PLAIN", "ANONYMOUS").plainWithoutTls(true))
                    .build());
            return new ProactorPeer(peer, port, connection);
        } catch (RuntimeException | Error failure) {
            peer.close();
            throw failure;
        }
    }

    /**
     * {@return a client, connected}
     *
     * @param host the host of the application's listener
     * @param port its port; see {@link LocalProactorPort}
     * @throws PeerRefusedException if the connection can't be made
     */
    public static PeerClient connect(String host, int port) {
        return connect(ConnectionOptions.to(NetworkAddress.format(host, String.valueOf(port)))
                .build());
    }

    /**
     * {@return a client, connected}
     *
     * @param options where to and how: with TLS, or as some user
     * @throws PeerRefusedException if the connection can't be made
     */
    public static PeerClient connect(ConnectionOptions options) {
        Peer peer = new Peer(false);
        try {
            return new PeerClient(peer, peer.connect(options));
        } catch (RuntimeException | Error failure) {
            peer.close();
            throw failure;
        }
    }

    // ---- where it is

    /** {@return the port that it listens on} */
    public int port() {
        return port;
    }

    /** {@return where it listens, for {@code proactor.connections.<name>.uris}} */
    public String uri() {
        return "amqp://localhost:" + port;
    }

    @Override
    public List<String> getUris() {
        return List.of(uri());
    }

    /** {@return a user that it lets in, as it does any other} So credentials that the application has for a real broker stay at home. */
    @Override
    public String getUsername() {
        return "peer";
    }

    @Override
    public String getPassword() {
        return "peer";
    }

    @Override
    public @Nullable String getConnection() {
        return connection;
    }

    // ---- what the application receives

    /**
     * Puts a message into a queue, for the application to receive.
     *
     * @param address the queue
     * @param body a whole {@code Message}, or a body: a {@code byte[]} becomes {@code data}, anything else that AMQP has a type for an
     *     {@code amqp-value}
     * @return the message, which tells what became of it
     * @throws IllegalArgumentException if AMQP has no type for it
     */
    public EnqueuedMessage enqueue(String address, Object body) {
        return peer.enqueue(address, body);
    }

    /**
     * {@return what was enqueued, oldest first}
     *
     * @param address the queue
     */
    public List<EnqueuedMessage> enqueued(String address) {
        return peer.ledger().enqueued(address);
    }

    // ---- what the application sends

    /**
     * {@return what the application has sent so far, oldest first}
     *
     * @param address the address that it was sent to
     */
    public List<Message> sent(String address) {
        return peer.ledger().received(address);
    }

    /**
     * {@return the next message that the application sends; each is returned once} It waits for {@link #PATIENCE}.
     *
     * @param address the address that it is sent to
     */
    public Message awaitMessage(String address) {
        return awaitMessage(address, PATIENCE);
    }

    /**
     * {@return the next message that the application sends; each is returned once}
     *
     * @param address the address that it is sent to
     * @param patience how long to wait
     * @throws AssertionError if there is none by then
     */
    public Message awaitMessage(String address, Duration patience) {
        return peer.ledger().take(address, patience);
    }

    /**
     * {@return the body of a message: the value of an {@code amqp-value}, the {@code byte[]} of {@code data}, the list of a sequence}
     *
     * @param message the message
     */
    public static @Nullable Object body(Message message) {
        return Bodies.of(message);
    }

    // ---- scripts

    /**
     * Gives messages that the application sends other outcomes than {@code accepted}.
     *
     * @param address the address that they are sent to
     * @param outcome of the next message; see {@link Outcomes}
     * @param more of those after it; the last one goes on
     */
    public void answer(String address, DeliveryState outcome, DeliveryState... more) {
        List<DeliveryState> all = new java.util.ArrayList<>(List.of(outcome));
        all.addAll(List.of(more));
        peer.ledger().answer(address, all);
    }

    /**
     * Gives messages that the application sends no outcome at all.
     *
     * @param address the address that they are sent to
     */
    public void leaveUnsettled(String address) {
        peer.ledger().leaveUnsettled(address);
    }

    /**
     * Refuses links that the application attaches, in either direction. Those that it has stay.
     *
     * @param address their address
     * @param condition why, such as {@code amqp:not-found}
     */
    public void refuseLinks(String address, String condition) {
        peer.ledger().refuse(address, new ErrorCondition(Symbol.valueOf(condition), "refused by the test"));
    }

    /**
     * Takes {@link #refuseLinks} back.
     *
     * @param address the address of the links
     */
    public void acceptLinks(String address) {
        peer.ledger().accept(address);
    }

    /** Cuts all connections, with no close, as if the broker had gone. It goes on listening. When this returns they are cut. */
    public void dropConnections() {
        peer.drop();
    }

    /** Forgets all messages and scripts, as for the next test. Connections and links stay, and what the application has not settled yet. */
    public void reset() {
        peer.ledger().reset();
    }

    // ---- connections and links

    /** {@return how many connections are open now} */
    public int connections() {
        return peer.ledger().connections();
    }

    /**
     * Waits for {@link #PATIENCE} until so many connections were opened since the start, those that are lost included: 2 after the first one
     * was dropped and came back.
     *
     * @param count how many, 1 or more
     * @throws AssertionError if there are fewer by then
     */
    public void awaitConnections(int count) {
        peer.ledger()
                .await(
                        PATIENCE,
                        () -> peer.ledger().connectionsSoFar() >= count ? this : null,
                        () -> "in all " + count + " connections");
    }

    /**
     * Waits for {@link #PATIENCE} until the application has a link there, in either direction.
     *
     * @param address the link's address
     * @throws AssertionError if there is none by then
     */
    public void awaitLink(String address) {
        peer.ledger()
                .await(
                        PATIENCE,
                        () -> peer.ledger().hasLink(address) ? this : null,
                        () -> "a link at '" + address + "'");
    }

    /** {@return for AssertJ's {@code assertThat(peer)}, which calls this} */
    @Override
    public ProactorPeerAssert assertThat() {
        return new ProactorPeerAssert(this);
    }

    /** Ends its connections, as if it were killed, and its thread. A second call does nothing. */
    @Override
    public void close() {
        peer.close();
    }

    Ledger ledger() {
        return peer.ledger();
    }

    @Override
    public String toString() {
        return "peer at " + uri();
    }

    private static final class Anybody implements Authenticator {
        @Override
        public CompletionStage<Boolean> checkPassword(String user, String password) {
            return CompletableFuture.completedFuture(true);
        }
    }
}
