package dev.proactor.spring.boot.internal.send;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages for one address that wait until a link takes them. They stay here until the moment they are sent, so a connection
 * that is lost takes none along. Thread-safe; its lock is a leaf.
 */
final class WaitingMessages {

    private final Lane owner;
    private final String address;

    // Guarded by this.
    private final Set<OutgoingMessage> messages = new LinkedHashSet<>();
    private boolean closed;
    private boolean asked;
    private int looks;

    /** Set under the lock; read by whoever wants to say what is being waited for. */
    private volatile @Nullable OutgoingLink link;

    WaitingMessages(Lane owner, String address) {
        this.owner = owner;
        this.address = address;
    }

    Lane owner() {
        return owner;
    }

    String address() {
        return address;
    }

    /** {@return whether the message waits here now; if not, this is closed} */
    synchronized boolean add(OutgoingMessage message) {
        message.looks = looks;
        return !closed && messages.add(message);
    }

    /** {@return the oldest, which waits no more, or {@code null}} */
    synchronized @Nullable OutgoingMessage poll() {
        Iterator<OutgoingMessage> oldest = messages.iterator();
        if (!oldest.hasNext()) {
            return null;
        }
        OutgoingMessage message = oldest.next();
        oldest.remove();
        return message;
    }

    /** Its time was over. */
    void remove(OutgoingMessage message) {
        boolean removed;
        synchronized (this) {
            removed = messages.remove(message);
        }
        if (removed) {
            owner.removedFrom(this);
        }
    }

    /** Its time was over after it had been sent. */
    void giveUp(OutgoingMessage message) {
        OutgoingLink sentOn = link;
        if (sentOn != null) {
            sentOn.giveUpSoon(message);
        }
    }

    synchronized boolean isEmpty() {
        return messages.isEmpty();
    }

    /** {@return whether the caller must see to it that the link is looked at; else somebody does already} */
    synchronized boolean ask() {
        if (asked) {
            return false;
        }
        asked = true;
        return true;
    }

    /** The link is about to be looked at, or can't be. */
    synchronized void answered() {
        asked = false;
        looks++;
    }

    /** {@return whether nobody has looked at the link since a message came, though that was asked for} */
    synchronized boolean isUnlooked(OutgoingMessage message) {
        return asked && message.looks == looks;
    }

    @Nullable OutgoingLink link() {
        return link;
    }

    /** {@return whether the link takes its messages from here now; if not, this is closed} */
    synchronized boolean link(OutgoingLink sender) {
        if (closed) {
            return false;
        }
        link = sender;
        return true;
    }

    /** A link is gone. Another one may have taken its place. */
    synchronized void unlink(OutgoingLink gone) {
        if (link == gone) {
            link = null;
        }
    }

    /** Closes it if nobody needs it. {@return whether it is closed} */
    synchronized boolean closeIfUnused() {
        closed |= messages.isEmpty() && link == null;
        return closed;
    }

    /** Takes no more. {@return what waited} */
    synchronized List<OutgoingMessage> close() {
        closed = true;
        return drain();
    }

    /** {@return what waited, which waits no more} */
    synchronized List<OutgoingMessage> drain() {
        List<OutgoingMessage> all = new ArrayList<>(messages);
        messages.clear();
        return all;
    }
}
