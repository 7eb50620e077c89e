package dev.proactor.proof;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;

/** Calls that any thread may make, in a handler or not. */
final class RandomCalls {

    private static final int MOST_ALIVE = 150;
    private static final int MOST_A_ROUND = 1500;
    private static final int MOST_AT_ONCE = 100;
    private static final int ONE_DISCONNECT_IN = 10_000;
    private static final String NOWHERE = "127.0.0.1:1"; // nobody listens there

    /** A call that is made on a site. */
    @FunctionalInterface
    private interface Call {
        /** {@return whether there was anything to make it with} */
        boolean make(Site site, Random random) throws IOException;
    }

    /** How often, beside the others. */
    private record Choice(int weight, String name, Call call) {}

    private final Ledger ledger;
    private final List<Site> sites;
    private final RandomEndpoints endpoints;
    private final List<Choice> choices = List.of(
            new Choice(12, "connect", this::connect),
            new Choice(5, "connectRaw", this::connectRaw),
            new Choice(3, "adopt", this::adopt),
            new Choice(4, "listen", this::listen),
            new Choice(1, "closeListener", this::closeListener),
            new Choice(3, "acceptOutside", this::acceptOutside),
            new Choice(25, "wake", this::wake),
            new Choice(10, "wakeRaw", this::wakeRaw),
            new Choice(25, "execute", this::execute),
            new Choice(3, "interrupt", RandomCalls::interrupt),
            new Choice(3, "setTimeout", RandomCalls::setTimeout),
            new Choice(2, "cancelTimeout", RandomCalls::cancelTimeout),
            new Choice(4, "look", this::look),
            new Choice(10, "badPeer", this::badPeer));
    private final int weights = choices.stream().mapToInt(Choice::weight).sum();

    RandomCalls(Ledger ledger, List<Site> sites, RandomEndpoints endpoints) {
        this.ledger = ledger;
        this.sites = sites;
        this.endpoints = endpoints;
    }

    /** Makes one call on any of the sites. */
    void once(Random random) {
        Site site = sites.get(random.nextInt(sites.size()));
        if (random.nextInt(ONE_DISCONNECT_IN) == 0) {
            make(new Choice(0, "disconnect", this::disconnect), site, random);
            return;
        }
        int at = random.nextInt(weights);
        for (Choice choice : choices) {
            at -= choice.weight();
            if (at < 0) {
                make(choice, site, random);
                return;
            }
        }
    }

    private void make(Choice choice, Site site, Random random) {
        try {
            if (choice.call().make(site, random)) {
                ledger.did(choice.name());
            }
        } catch (ProactorClosedException closed) {
            if (!ledger.isClosing()) {
                ledger.failed(choice.name(), closed);
            }
        } catch (IOException | RuntimeException | Error failure) {
            ledger.failed(choice.name(), failure);
        }
    }

    private boolean isFull() {
        return ledger.alive() >= MOST_ALIVE || isRoundFull();
    }

    /** {@return whether so much was begun in this round that the next one is due} */
    boolean isRoundFull() {
        return ledger.size() >= MOST_A_ROUND;
    }

    /** An address at which one of the sites listens, mostly. */
    private String address(Random random) {
        Listener listener = anyListener(random);
        int port = listener == null ? -1 : listener.localPort();
        int way = random.nextInt(40);
        if (way == 0) {
            return "nowhere.test:5672";
        } else if (way == 1) {
            return "127.0.0.1:none";
        } else if (way == 2 || port <= 0) {
            return NOWHERE;
        }
        return (way < 6 ? "loopback.test:" : "127.0.0.1:") + port;
    }

    /** Something to connect to. */
    void begin() {
        for (Site site : sites) {
            listen(site, "127.0.0.1:0", new Random(ledger.seed));
        }
    }

    private Listener anyListener(Random random) {
        return sites.get(random.nextInt(sites.size())).listeners.pick(random);
    }

    private boolean connect(Site site, Random random) {
        if (isFull()) {
            return false;
        }
        Connection connection = site.proactor.connect(ConnectionOptions.to(address(random))
                .idleTimeout(random.nextInt(4) == 0 ? Duration.ofMillis(20 + random.nextInt(200)) : Duration.ZERO)
                .handshakeTimeout(Duration.ofMillis(100 + random.nextInt(2000)))
                .build());
        ledger.of(site.proactor, connection);
        site.connections.put(connection, random);
        return true;
    }

    private boolean adopt(Site site, Random random) throws IOException {
        Listener listener = anyListener(random);
        int port = listener == null ? -1 : listener.localPort();
        if (isFull() || port <= 0) {
            return false;
        }
        SocketChannel channel = SocketChannel.open();
        try {
            channel.configureBlocking(false);
            // The kernel of the same machine answers at once, or its queue is full.
            if (channel.connect(new InetSocketAddress("127.0.0.1", port)) || channel.finishConnect()) {
                Connection connection = site.proactor.adopt(
                        channel,
                        ConnectionOptions.to("127.0.0.1:" + port)
                                .handshakeTimeout(Duration.ofSeconds(1))
                                .build());
                ledger.of(site.proactor, connection);
                site.connections.put(connection, random);
                return true;
            }
        } catch (IOException refused) {
            ledger.did("adopt: not connected");
        }
        channel.close();
        return false;
    }

    private boolean connectRaw(Site site, Random random) {
        if (isFull()) {
            return false;
        }
        RawConnection raw = site.proactor.connectRaw(RawOptions.to(address(random))
                .connectTimeout(Duration.ofMillis(100 + random.nextInt(2000)))
                .build());
        ledger.of(site.proactor, raw);
        site.raws.put(raw, random);
        return true;
    }

    private boolean listen(Site site, Random random) {
        if (isFull()) {
            return false;
        }
        String address = switch (random.nextInt(20)) {
            case 0 -> "127.0.0.1:none";
            case 1 -> "nowhere.test:0";
            case 2 -> "loopback.test:0";
            case 3 -> ":0";
            default -> "127.0.0.1:0";
        };
        listen(site, address, random);
        return true;
    }

    private void listen(Site site, String address, Random random) {
        Listener listener = site.proactor.listen(ListenerOptions.on(address)
                .backlog(1 + random.nextInt(20))
                .maxConnections(4 + random.nextInt(60))
                .handshakeTimeout(Duration.ofMillis(50 + random.nextInt(500)))
                .idleTimeout(random.nextInt(4) == 0 ? Duration.ofMillis(20 + random.nextInt(200)) : Duration.ZERO)
                .build());
        ledger.of(site.proactor, listener);
        site.listeners.put(listener, random);
    }

    private boolean closeListener(Site site, Random random) {
        Listener listener = site.listeners.pick(random);
        if (listener == null) {
            return false;
        }
        listener.close();
        return true;
    }

    private boolean acceptOutside(Site site, Random random) {
        Listener listener = site.listeners.pick(random);
        // Without a peer it is one more connection that fails at once: legal, but not many.
        if (listener != null && !isFull() && (listener.waiting() > 0 || random.nextInt(10) == 0)) {
            accept(site, listener, random);
            return true;
        }
        return false;
    }

    /** Answers a peer that waits, in one of the ways there are. */
    void accept(Site site, Listener listener, Random random) {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> accepted(site, listener.accept(), random);
            case 3, 4 ->
                accepted(
                        site,
                        listener.accept(listener.options().toBuilder()
                                .maxFrameBytes(512 + random.nextInt(4096))
                                .maxSessions(1 + random.nextInt(4))
                                .maxLinks(1 + random.nextInt(8))
                                .build()),
                        random);
            case 5, 6 -> {
                RawConnection raw = random.nextBoolean() ? listener.acceptRaw() : listener.acceptRaw("own context");
                ledger.of(site.proactor, raw);
                site.raws.put(raw, random);
                ledger.did("acceptRaw");
            }
            default -> {
                listener.reject();
                ledger.did("reject");
            }
        }
    }

    private void accepted(Site site, Connection connection, Random random) {
        ledger.of(site.proactor, connection);
        site.connections.put(connection, random);
        ledger.did("accept");
    }

    private static boolean interrupt(Site site, Random random) {
        site.life.asks(site.proactor::interrupt);
        return true;
    }

    private static boolean setTimeout(Site site, Random random) {
        site.timeOuts.set(Duration.ofMillis(random.nextInt(12)));
        return true;
    }

    private static boolean cancelTimeout(Site site, Random random) {
        site.timeOuts.cancel();
        return true;
    }

    /** {@return a connection, alive if that is found soon} */
    private Connection pickConnection(Site site, Random random) {
        Connection connection = site.connections.pick(random);
        for (int i = 0;
                i < 4
                        && connection != null
                        && ledger.of(site.proactor, connection).isOver();
                i++) {
            connection = site.connections.pick(random);
        }
        return connection;
    }

    /** {@return how often at once: once, or so often that some calls come just when a batch ends} */
    private static int burst(Random random) {
        return random.nextInt(8) == 0 ? random.nextInt(MOST_AT_ONCE) : 1;
    }

    private boolean wake(Site site, Random random) {
        Connection connection = pickConnection(site, random);
        if (connection == null) {
            return false;
        }
        Life life = ledger.of(site.proactor, connection);
        for (int i = burst(random); i > 0; i--) {
            life.asks(() -> site.proactor.wake(connection));
        }
        return true;
    }

    private boolean wakeRaw(Site site, Random random) {
        RawConnection raw = site.raws.pick(random);
        if (raw == null) {
            return false;
        }
        Life life = ledger.of(site.proactor, raw);
        for (int i = burst(random); i > 0; i--) {
            life.asks(raw::wake);
        }
        return true;
    }

    private boolean execute(Site site, Random random) {
        Connection connection = pickConnection(site, random);
        if (connection == null) {
            return false;
        }
        Life life = ledger.of(site.proactor, connection);
        try {
            AtomicInteger ran = new AtomicInteger();
            for (int i = 0, tasks = burst(random); i < tasks; i++) {
                int number = i;
                long seed = random.nextLong();
                site.proactor.execute(connection, () -> {
                    life.taskRuns();
                    int before = ran.getAndIncrement();
                    if (before != number) {
                        life.violated("task " + number + " of a thread runs after " + before + " of its tasks");
                    }
                    endpoints.actSometimes(site, connection, new Random(seed));
                });
                life.taskTaken();
            }
        } catch (ConnectionEndedException over) {
            life.taskRefused();
            ledger.did("execute: refused");
        }
        return true;
    }

    /** What any thread may ask. */
    private boolean look(Site site, Random random) {
        Connection connection = site.connections.pick(random);
        Proactor proactor = site.proactor;
        if (connection != null) {
            proactor.localAddress(connection);
            proactor.remoteAddress(connection);
            proactor.identity(connection);
            Proactor owner = Proactor.of(connection);
            if (owner != null && owner != proactor) {
                ledger.of(site.proactor, connection).violated("belongs to another proactor");
            }
        }
        if (proactor.counts().openBatches() < 0 || proactor.counts().pendingBatches() < 0) {
            site.life.violated("counts fewer than no batches");
        }
        return true;
    }

    private boolean badPeer(Site site, Random random) {
        Listener listener = site.listeners.pick(random);
        int port = listener == null ? -1 : listener.localPort();
        if (port <= 0 || isFull()) {
            return false;
        }
        ledger.did("badPeer: " + BadPeer.visit(port, random));
        return true;
    }

    private boolean disconnect(Site site, Random random) {
        site.proactor.disconnect(
                random.nextBoolean() ? null : new ErrorCondition(Symbol.valueOf("test:disconnect"), "at random"));
        return true;
    }
}
