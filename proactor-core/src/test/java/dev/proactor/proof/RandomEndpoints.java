package dev.proactor.proof;

import dev.proactor.Event;
import dev.proactor.Proactor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/** What the owner of a connection's batch may do to it. */
final class RandomEndpoints {

    private static final EnumSet<EndpointState> ACTIVE = EnumSet.of(EndpointState.ACTIVE);
    private static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);
    private static final int MOST_SENT = 3;
    private static final byte[] PAYLOAD = new byte[6000];

    private final Ledger ledger;
    private final AtomicInteger tags = new AtomicInteger();
    private final AtomicInteger linkNames = new AtomicInteger();

    RandomEndpoints(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Does something, or nothing; nothing once the round ends. */
    void actSometimes(Site site, Connection connection, Random random) {
        if (!ledger.isQuiet() && random.nextInt(4) == 0) {
            act(site, connection, random);
        }
    }

    private void act(Site site, Connection connection, Random random) {
        Life life = ledger.of(site.proactor, connection);
        if (life.isOver()) {
            return;
        }
        switch (random.nextInt(40)) {
            case 0 -> close(connection, random);
            case 1 -> release(site, connection, life);
            case 2 -> {
                Session session = pick(sessions(connection), random);
                if (session != null) {
                    close(session, random);
                    ledger.did("close session");
                }
            }
            case 3 -> {
                Link link = pick(links(connection), random);
                if (link != null) {
                    close(link, random);
                    ledger.did("close link");
                }
            }
            case 4 -> {
                Link link = pick(links(connection), random);
                if (link != null) {
                    link.detach();
                    ledger.did("detach link");
                }
            }
            case 5, 6, 7, 8 -> openLink(connection, random);
            case 9, 10, 11 -> {
                life.asks(() -> site.proactor.wake(connection));
                ledger.did("wake from its handler");
            }
            case 12, 13, 14 -> {
                site.proactor.flush(connection);
                ledger.did("flush");
            }
            case 15 -> site.proactor.closeReason(connection);
            default -> {
                if (pick(links(connection), random) instanceof Sender sender) {
                    send(site.proactor, sender, random);
                }
            }
        }
    }

    private void close(Connection connection, Random random) {
        if (connection.getLocalState() == EndpointState.ACTIVE) {
            close((Endpoint) connection, random);
            ledger.did("close connection");
        }
    }

    private void release(Site site, Connection connection, Life life) {
        site.proactor.release(connection);
        // In a task that runs just before the last event it does nothing, and that comes.
        if (Proactor.of(connection) == null) {
            life.isReleased();
            ledger.did("release");
        }
    }

    private static void close(Endpoint endpoint, Random random) {
        if (random.nextInt(3) == 0) {
            endpoint.setCondition(new ErrorCondition(Symbol.valueOf("test:close"), "at random"));
        }
        endpoint.close();
    }

    void openLink(Connection connection, Random random) {
        if (connection.getLocalState() != EndpointState.ACTIVE) {
            return;
        }
        Session session = pick(sessions(connection), random);
        if (session == null || random.nextInt(4) == 0) {
            session = connection.session();
            session.open();
        }
        String name = "link-" + linkNames.incrementAndGet();
        if (random.nextInt(3) > 0) {
            session.sender(name).open();
        } else {
            Receiver receiver = session.receiver(name);
            receiver.open();
            receiver.flow(1 + random.nextInt(10));
        }
        ledger.did("open link");
    }

    // ---- deliveries

    void send(Proactor proactor, Sender sender, Random random) {
        for (int i = random.nextInt(MOST_SENT + 1); i > 0 && isActive(sender) && proactor.sendable(sender) > 0; i--) {
            byte[] tag = ByteBuffer.allocate(4).putInt(tags.incrementAndGet()).array();
            Delivery delivery = sender.delivery(tag);
            sender.send(PAYLOAD, 0, 1 + random.nextInt(random.nextInt(8) == 0 ? PAYLOAD.length - 1 : 100));
            if (random.nextInt(20) == 0) {
                proactor.abort(delivery);
                ledger.did("abort delivery");
            } else {
                if (random.nextInt(3) == 0) {
                    delivery.settle();
                } else {
                    sender.advance();
                }
                ledger.did("send");
            }
        }
    }

    void onDelivery(Event event, Random random) {
        Delivery delivery = event.delivery();
        if (event.receiver() == null) {
            if (delivery.remotelySettled() && !delivery.isSettled()) {
                delivery.settle();
            }
            return;
        }
        if (delivery.isSettled()) {
            return;
        }
        if (delivery.isAborted()) {
            delivery.settle();
        } else if (delivery == event.receiver().current() && !delivery.isPartial()) {
            receive(event.receiver(), delivery, random);
        }
    }

    private void receive(Receiver receiver, Delivery delivery, Random random) {
        byte[] bytes = new byte[Math.max(1, delivery.available())];
        receiver.recv(bytes, 0, bytes.length);
        if (random.nextInt(10) == 0) {
            receiver.advance(); // and never settled here
        } else {
            delivery.disposition(Accepted.getInstance());
            delivery.settle();
        }
        if (isActive(receiver)) {
            receiver.flow(1);
        }
        ledger.did("receive");
    }

    // ---- what there is

    private static boolean isActive(Link link) {
        return link.getLocalState() == EndpointState.ACTIVE
                && link.getSession().getLocalState() == EndpointState.ACTIVE
                && link.getSession().getConnection().getLocalState() == EndpointState.ACTIVE;
    }

    private static List<Session> sessions(Connection connection) {
        List<Session> all = new ArrayList<>();
        for (Session at = connection.sessionHead(ACTIVE, ANY); at != null; at = at.next(ACTIVE, ANY)) {
            all.add(at);
        }
        return all;
    }

    private static List<Link> links(Connection connection) {
        List<Link> all = new ArrayList<>();
        for (Link at = connection.linkHead(ACTIVE, ANY); at != null; at = at.next(ACTIVE, ANY)) {
            if (isActive(at)) {
                all.add(at);
            }
        }
        return all;
    }

    private static <T> T pick(List<T> things, Random random) {
        return things.isEmpty() ? null : things.get(random.nextInt(things.size()));
    }
}
