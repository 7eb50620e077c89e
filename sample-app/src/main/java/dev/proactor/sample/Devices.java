package dev.proactor.sample;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The devices, and which of them are here. A device may have several links, on several connections: it is online while it has any.
 * Handlers of different connections run side by side, so all of it is thread-safe.
 */
@Component
class Devices {

    /** What is shown of a device. */
    record Device(
            String id,
            boolean online,
            long readings,
            @Nullable Double lastValue,
            @Nullable Instant lastAt,
            boolean commandable) {}

    private record State(
            int senders,
            int receivers,
            long readings,
            @Nullable Double lastValue,
            @Nullable Instant lastAt) {

        static final State NEW = new State(0, 0, 0, null, null);

        State with(int moreSenders, int moreReceivers) {
            return new State(senders + moreSenders, receivers + moreReceivers, readings, lastValue, lastAt);
        }

        State measured(double value, Instant at) {
            return new State(senders, receivers, readings + 1, value, at);
        }

        Device as(String id) {
            return new Device(id, senders + receivers > 0, readings, lastValue, lastAt, receivers > 0);
        }
    }

    private final ConcurrentMap<String, State> states = new ConcurrentHashMap<>();

    Devices(ReadingStore store) {
        store.summaries()
                .forEach(known -> states.put(
                        known.device(), new State(0, 0, known.readings(), known.lastValue(), known.lastAt())));
    }

    /** {@return the device of a link to {@code readings/<device>} or {@code commands/<device>}} */
    static String idOf(Link link) {
        String address = link instanceof Receiver
                ? ((Target) link.getRemoteTarget()).getAddress()
                : ((Source) link.getRemoteSource()).getAddress();
        return address.substring(address.indexOf('/') + 1);
    }

    void arrived(String id) {
        change(id, 1, 0);
    }

    void left(String id) {
        change(id, -1, 0);
    }

    void listens(String id) {
        change(id, 0, 1);
    }

    void listensNoMore(String id) {
        change(id, 0, -1);
    }

    private void change(String id, int senders, int receivers) {
        states.compute(id, (key, state) -> (state == null ? State.NEW : state).with(senders, receivers));
    }

    void measured(String id, double value, Instant at) {
        states.compute(id, (key, state) -> (state == null ? State.NEW : state).measured(value, at));
    }

    boolean isKnown(String id) {
        return states.containsKey(id);
    }

    Collection<Device> all() {
        List<Device> all = new java.util.ArrayList<>();
        states.forEach((id, state) -> all.add(state.as(id)));
        all.sort(Comparator.comparing(Device::id));
        return all;
    }
}
