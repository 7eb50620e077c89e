package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.ConnectionOptions;
import dev.proactor.Direction;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;

/** Peers that send numbered messages to an address each, when they are told to and as credit allows, and note what becomes of them. */
final class LoadClient implements AutoCloseable {

    /** One connection with one link. Its numbers are written by one thread and read by any. */
    static final class Peer {
        private final String address;
        private volatile int wanted;
        private volatile int sent;
        private volatile int granted;
        private volatile boolean over;
        final Map<Integer, DeliveryState> outcomes = new ConcurrentHashMap<>();

        private Peer(String address) {
            this.address = address;
        }

        String address() {
            return address;
        }

        /** {@return for how many messages there ever was credit} */
        int granted() {
            return granted;
        }

        int sent() {
            return sent;
        }

        boolean isOver() {
            return over;
        }
    }

    private static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);

    private final Proactor proactor = Proactor.create();
    private final Map<Peer, Connection> connections = new ConcurrentHashMap<>();

    LoadClient() {
        Thread thread = new Thread(this::run, "load-client");
        thread.setDaemon(true);
        thread.start();
    }

    List<Peer> connect(int port, int count) {
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Peer peer = new Peer("work/" + i);
            peers.add(peer);
            connections.put(
                    peer,
                    proactor.connect(ConnectionOptions.to("localhost:" + port)
                            .context(peer)
                            .handshakeTimeout(Duration.ofSeconds(40))
                            .build()));
        }
        return peers;
    }

    /** Sends so many messages from each, as there is credit. */
    void send(List<Peer> peers, int messages) {
        for (Peer peer : peers) {
            Connection connection = connections.get(peer);
            proactor.execute(connection, () -> {
                peer.wanted = messages;
                send((Sender) connection.linkHead(ANY, ANY), peer);
            });
        }
    }

    /** {@return how many messages have gone to the network and have no outcome} */
    long underWay() {
        return proactor.counts().connections().stream()
                .mapToLong(counts -> counts.unsettled(Direction.OUT))
                .sum();
    }

    private void run() {
        while (true) {
            try (EventBatch batch = proactor.await()) {
                Connection connection = batch.connection();
                for (Event event; (event = batch.next()) != null; ) {
                    if (connection != null) {
                        on(event, connection, (Peer) connection.getContext());
                    }
                }
            } catch (ProactorClosedException | InterruptedException over) {
                return;
            }
        }
    }

    private static void on(Event event, Connection connection, Peer peer) {
        switch (event.type()) {
            case CONNECTION_INIT -> begin(connection, peer);
            case CONNECTION_REMOTE_CLOSE -> connection.close();
            case LINK_FLOW -> send(event.sender(), peer);
            case DELIVERY -> {
                Delivery delivery = event.delivery();
                if (delivery.getRemoteState() != null) {
                    peer.outcomes.put((Integer) delivery.getContext(), delivery.getRemoteState());
                }
                delivery.settle();
            }
            case TRANSPORT_CLOSED -> peer.over = true;
            default -> {}
        }
    }

    private static void begin(Connection connection, Peer peer) {
        Session session = connection.session();
        session.open();
        Sender sender = session.sender("link");
        Target target = new Target();
        target.setAddress(peer.address);
        sender.setTarget(target);
        sender.setSource(new Source());
        sender.open();
    }

    private static void send(Sender sender, Peer peer) {
        peer.granted = Math.max(peer.granted, peer.sent + sender.getCredit());
        while (peer.sent < peer.wanted && sender.getCredit() > 0) {
            int number = peer.sent;
            Message message = Message.Factory.create();
            message.setBody(new AmqpValue("x"));
            message.setApplicationProperties(new ApplicationProperties(Map.of("number", number)));
            byte[] bytes = new byte[256];
            int length = message.encode(bytes, 0, bytes.length);
            Delivery delivery = sender.delivery(String.valueOf(number).getBytes(StandardCharsets.US_ASCII));
            delivery.setContext(number);
            sender.send(bytes, 0, length);
            sender.advance();
            peer.sent = number + 1;
        }
    }

    @Override
    public void close() {
        proactor.close();
    }
}
