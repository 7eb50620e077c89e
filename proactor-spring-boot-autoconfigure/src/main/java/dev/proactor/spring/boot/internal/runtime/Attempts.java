package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * The attempts of a named connection: where each leads, whether another one follows and how soon, and which errors are worth a line in
 * the log. It makes none: that is for the {@link ManagedConnection}, by whose monitor all of this is guarded.
 */
final class Attempts {

    /** How many different errors in a row are warned of; those that come again and again are in health. */
    private static final int MOST_WARNINGS = 8;

    private final ConnectionSpec spec;
    private final BackOff backOff;
    private int made;
    private int uris;

    /** The errors that were warned of since it was last open for long. */
    private final Set<String> warned = new HashSet<>();

    Attempts(ConnectionSpec spec, BackOff backOff) {
        this.spec = spec;
        this.backOff = backOff;
    }

    /** Counts another one. {@return where it leads: to each uri in its turn} */
    String next() {
        made++;
        return spec.uris().get(uris++ % spec.uris().size());
    }

    /** {@return how many were made since they count from the beginning} */
    int made() {
        return made;
    }

    /** They count from the beginning: somebody has started the connection. One that is under way is the first. */
    void startOver(boolean underWay) {
        made = underWay ? 1 : 0;
    }

    /** They count from the beginning, and errors are news again: the connection was open for long. */
    void succeeded() {
        made = 0;
        warned.clear();
    }

    /** {@return whether none may follow those that were made} */
    boolean areUsedUp() {
        int most = spec.reconnect().maxAttempts();
        return !spec.reconnect().enabled() || (most >= 0 && made >= most);
    }

    /** {@return how long to wait for the next one} */
    Duration delay() {
        return backOff.after(made);
    }

    /** {@return whether an error is to be warned of} Once, then no more. */
    boolean isNews(String error) {
        return warned.size() < MOST_WARNINGS && warned.add(error);
    }
}
