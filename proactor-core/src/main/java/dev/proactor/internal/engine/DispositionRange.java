package dev.proactor.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.Role;

/** The deliveries that a disposition is about: serial numbers from the first to the last. */
final class DispositionRange {

    private final Disposition whole;
    private final int first;
    private final int last;

    DispositionRange(Disposition disposition) {
        this.whole = disposition;
        this.first = disposition.getFirst().intValue();
        UnsignedInteger end = disposition.getLast();
        this.last = end == null ? first : end.intValue();
    }

    int first() {
        return first;
    }

    int last() {
        return last;
    }

    /** {@return how many deliveries it is about} */
    int size() {
        return last - first + 1;
    }

    boolean contains(int id) {
        return Integer.compareUnsigned(id - first, last - first) <= 0;
    }

    /** {@return the same said of one delivery alone} */
    Disposition only(int id) {
        return part(id, id);
    }

    /** {@return the same said of all deliveries but these, which are among them} */
    List<Disposition> without(IntStream ids) {
        List<Disposition> parts = new ArrayList<>();
        int[] distances = ids.map(id -> id - first).sorted().toArray();
        int from = first;
        for (int distance : distances) {
            int id = first + distance;
            if (id != from) {
                parts.add(part(from, id - 1));
            }
            from = id + 1;
        }
        if (from != last + 1) {
            parts.add(part(from, last));
        }
        return parts;
    }

    /** {@return a receiver's word that it has settled one delivery} */
    static Disposition settled(int id) {
        Disposition disposition = new Disposition();
        disposition.setRole(Role.RECEIVER);
        disposition.setFirst(UnsignedInteger.valueOf(id));
        disposition.setSettled(true);
        return disposition;
    }

    private Disposition part(int from, int to) {
        Disposition part = new Disposition();
        part.setRole(whole.getRole());
        part.setFirst(UnsignedInteger.valueOf(from));
        part.setLast(UnsignedInteger.valueOf(to));
        part.setSettled(whole.getSettled());
        part.setState(whole.getState());
        return part;
    }
}
