package dev.proactor.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.internal.counts.ConnectionGroup;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/** One end of a connection in a test: an engine, the log of its events, and a handler that a test may override. */
class End {

    /** More than any test has: what goes on beyond it never ends. */
    static final int MOST_ROUNDS = 10_000;

    private static final int MOST_EVENTS = 100_000;
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);

    /** Nothing is asked of it here. */
    static final Proactor PROACTOR = (Proactor)
            Proxy.newProxyInstance(End.class.getClassLoader(), new Class<?>[] {Proactor.class}, (p, method, args) -> {
                throw new UnsupportedOperationException(method.getName());
            });

    /** One for all ends, as in a proactor. */
    static final CodecPool CODECS = new CodecPool();

    final ConnectionGroup group;
    final ConnectionEngine engine;
    /** Plain TCP from nowhere. */
    private final Surroundings surroundings = new Surroundings() {
        private final FailureDelays delays = new FailureDelays();

        @Override
        public SSLSession tlsSession() {
            return null;
        }

        @Override
        public InetAddress peer() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public void resume() {}

        @Override
        public CodecPool codecs() {
            return CODECS;
        }

        @Override
        public FailureDelays failureDelays() {
            return delays;
        }
    };

    final List<EventType> log = new ArrayList<>();
    final List<Delivery> deliveries = new ArrayList<>();

    /** The time that this end goes by. */
    long nowNanos = 1_000_000_000L;

    /** How many bytes a write or read moves at most: small values cut frames in pieces. */
    int chunk = 64 * 1024;

    End(ConnectionOptions options) {
        this(options, ConnectionRecorder.NONE);
    }

    End(ConnectionOptions options, ConnectionRecorder recorder) {
        group = new ConnectionGroup(ConnectionRole.CLIENT, options.name(), recorder);
        EngineConnection connection = new EngineConnection(PROACTOR, this, options);
        engine = ConnectionEngine.client(
                connection, options, "client-container", "localhost", group, surroundings, nowNanos);
    }

    End(ListenerOptions options) {
        this(options, ConnectionRecorder.NONE);
    }

    End(ListenerOptions options, ConnectionRecorder recorder) {
        group = new ConnectionGroup(ConnectionRole.SERVER, options.name(), recorder);
        EngineConnection connection = new EngineConnection(PROACTOR, this, options);
        engine = ConnectionEngine.server(connection, options, "server-container", group, surroundings, nowNanos);
    }

    static ConnectionOptions.Builder clientOptions() {
        return ConnectionOptions.to("localhost:5672");
    }

    static ListenerOptions.Builder serverOptions() {
        return ListenerOptions.on("localhost:5672");
    }

    /** What a test does upon an event, beside {@link #answer}. */
    void handle(EventType type, Object context) {}

    /** Opens and closes what the peer opens and closes, as a simple application does. */
    void answer(EventType type, Object context) {
        switch (type) {
            case CONNECTION_REMOTE_OPEN -> connection().open();
            case CONNECTION_REMOTE_CLOSE -> connection().close();
            case SESSION_REMOTE_OPEN -> ((Session) context).open();
            case SESSION_REMOTE_CLOSE -> ((Session) context).close();
            case LINK_REMOTE_OPEN -> {
                Link link = (Link) context;
                link.setSource(link.getRemoteSource());
                link.setTarget(link.getRemoteTarget());
                link.open();
            }
            case LINK_REMOTE_CLOSE -> ((Link) context).close();
            case LINK_REMOTE_DETACH -> ((Link) context).detach();
            default -> {}
        }
    }

    Connection connection() {
        return engine.connection();
    }

    ErrorCondition condition() {
        return engine.transport().getCondition();
    }

    /** Hands out all events that there are, as one batch. Returns how many. */
    int runBatch() {
        int count = 0;
        EventType type;
        while ((type = engine.next()) != null) {
            if (++count > MOST_EVENTS) {
                throw new AssertionError("a batch without end, now at " + type);
            }
            log.add(type);
            Object context = engine.context();
            if (type == EventType.DELIVERY) {
                deliveries.add((Delivery) context);
            }
            answer(type, context);
            handle(type, context);
        }
        engine.endBatch();
        return count;
    }

    /** Takes all the output that there is now. */
    byte[] takeOutput() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(chunk);
        while (engine.output(buffer) > 0) {
            bytes.write(buffer.array(), 0, buffer.position());
            if (bytes.size() > MOST_BYTES) {
                throw new AssertionError("output without end");
            }
            buffer.clear();
            engine.wrote(nowNanos, false);
        }
        engine.updateCounts();
        return bytes.toByteArray();
    }

    /** Gives the engine bytes, in pieces of {@link #chunk}, and runs a batch after each. */
    void receive(byte[] bytes) {
        for (int at = 0; at < bytes.length; at += chunk) {
            engine.input(ByteBuffer.wrap(bytes, at, Math.min(chunk, bytes.length - at)), nowNanos);
            runBatch();
        }
    }

    /** As {@link #receive}, then takes the answer. */
    byte[] exchange(byte[] bytes) {
        receive(bytes);
        byte[] output = takeOutput();
        runBatch();
        return output;
    }

    void end() {
        engine.inputEnded();
        runBatch();
    }

    void fail(String condition, String description, CloseReason reason) {
        engine.fail(condition, description, reason);
        runBatch();
    }

    void advanceMillis(long millis) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Carries bytes between two ends until neither has any, and tells each where the other's stream ends. */
    static void pump(End a, End b) {
        a.runBatch();
        b.runBatch();
        boolean moved = true;
        for (int round = 0; moved; round++) {
            assertThat(round).as("rounds").isLessThan(MOST_ROUNDS);
            moved = carry(a, b) | carry(b, a);
        }
    }

    private static boolean carry(End from, End to) {
        byte[] bytes = from.takeOutput();
        boolean moved = bytes.length > 0;
        to.receive(bytes);
        if (from.engine.outputFinished() && to.engine.wantsInput()) {
            to.end();
            moved = true;
        }
        moved |= from.runBatch() > 0;
        moved |= to.runBatch() > 0;
        return moved;
    }

    // ---- the usual endpoints

    Session openSession() {
        Session session = connection().session();
        session.open();
        return session;
    }

    Sender openSender(Session session, String name) {
        Sender sender = session.sender(name);
        sender.open();
        return sender;
    }

    Receiver openReceiver(Session session, String name, int credit) {
        Receiver receiver = session.receiver(name);
        receiver.open();
        receiver.flow(credit);
        return receiver;
    }

    Link link(String name) {
        for (Link link = connection().linkHead(ANY, ANY); link != null; link = link.next(ANY, ANY)) {
            if (link.getName().equals(name)) {
                return link;
            }
        }
        throw new AssertionError("no link " + name);
    }

    static Delivery send(Sender sender, String tag, byte[] bytes) {
        Delivery delivery = sender.delivery(tag.getBytes(StandardCharsets.UTF_8));
        sender.send(bytes, 0, bytes.length);
        sender.advance();
        return delivery;
    }
}
