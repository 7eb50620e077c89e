package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.ConnectionRole;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** Who wants to know which connections and listeners are registered. Thread-safe. */
public final class Registrations {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");

    /** Is told of what is registered and removed. Called under the registry's lock: it must not call back. */
    public interface Watcher {

        /**
         * There is one more.
         *
         * @param role {@link ConnectionRole#SERVER} for a listener
         * @param name its name
         */
        void added(ConnectionRole role, String name);

        /**
         * There is one less.
         *
         * @param role {@link ConnectionRole#SERVER} for a listener
         * @param name its name
         */
        void removed(ConnectionRole role, String name);
    }

    private final ConnectionRole role;
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

    Registrations(ConnectionRole role) {
        this.role = role;
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void added(String name) {
        watchers.forEach(watcher -> watcher.added(role, name));
    }

    void removed(String name) {
        watchers.forEach(watcher -> watcher.removed(role, name));
    }

    /** A name becomes a tag of meters, a part of paths and of property names. */
    static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a name has letters, digits, '.', '-' and '_' only, and 1 to 255 of them");
        }
        return name;
    }
}
