package dev.proactor.proof;

import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.qpid.proton.engine.Connection;

/** One proactor, and what was begun with it. */
final class Site implements AutoCloseable {

    private static final int LISTENERS = 4;
    private static final int CONNECTIONS = 64;
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    final Proactor proactor = Proactor.builder().resolver(Site::resolve).build();
    final Life life;
    final TimeOuts timeOuts;
    final Pool<Listener> listeners = new Pool<>(LISTENERS);
    final Pool<Connection> connections = new Pool<>(CONNECTIONS);
    final Pool<RawConnection> raws = new Pool<>(CONNECTIONS);

    Site(Ledger ledger) {
        this.life = ledger.of(proactor);
        this.timeOuts = new TimeOuts(proactor, life);
    }

    /** Names that take a while, as names do, and some that there are not. */
    private static List<InetAddress> resolve(String host) throws UnknownHostException {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(SLOW_NANOS));
        if (!host.equals("loopback.test")) {
            throw new UnknownHostException(host);
        }
        return List.of(InetAddress.getByName("127.0.0.1"));
    }

    void forget() {
        listeners.clear();
        connections.clear();
        raws.clear();
        timeOuts.forget();
    }

    @Override
    public void close() {
        proactor.close();
    }
}
