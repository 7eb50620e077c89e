package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.InvalidHandlerException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The configured names of connections and listeners: makes filters of what annotations say, and finds wrong names. */
public final class SourceNames {

    private final Collection<String> connections;
    private final Collection<String> listeners;
    private final UnaryOperator<String> placeholders;

    /**
     * Keeps the names.
     *
     * @param connections names of connections
     * @param listeners names of listeners
     * @param placeholders fills in {@code ${…}}, and throws {@link IllegalArgumentException} where there is no value
     */
    public SourceNames(
            Collection<String> connections, Collection<String> listeners, UnaryOperator<String> placeholders) {
        this.connections = connections;
        this.listeners = listeners;
        this.placeholders = placeholders;
    }

    SourceFilter filter(String where, String[] connectionNames, String[] listenerNames, String[] addresses) {
        return new SourceFilter(
                known(where, "connection", connectionNames, connections),
                known(where, "listener", listenerNames, listeners),
                patterns(where, addresses));
    }

    private List<AddressPattern> known(String where, String kind, String[] texts, Collection<String> names) {
        List<AddressPattern> patterns = patterns(where, texts);
        for (AddressPattern pattern : patterns) {
            if (pattern.isExact() && !names.contains(pattern.toString())) {
                throw unknown(where, kind, pattern.toString(), names);
            }
        }
        return patterns;
    }

    private static InvalidHandlerException unknown(String where, String kind, String name, Collection<String> names) {
        String nearest = nearest(name, names);
        String there = names.isEmpty()
                ? "No " + kind + " is configured."
                : "Configured are: " + String.join(", ", names) + ".";
        return new InvalidHandlerException(
                where + " names the " + kind + " '" + name + "', and there is none of that name",
                (nearest == null ? "" : "Did you mean '" + nearest + "'? ") + there
                        + " Configure it with properties proactor."
                        + kind + "s." + name + ".…, or use a pattern with * for " + kind
                        + "s that are registered at run time.");
    }

    private List<AddressPattern> patterns(String where, String[] texts) {
        List<AddressPattern> patterns = new ArrayList<>();
        for (String text : texts) {
            try {
                patterns.add(AddressPattern.parse(placeholders.apply(text)));
            } catch (IllegalArgumentException noValue) {
                throw new InvalidHandlerException(
                        where + " uses '" + text + "': " + noValue.getMessage(),
                        "Set the property, or give a default: ${name:default}.");
            }
        }
        return List.copyOf(patterns);
    }

    /**
     * {@return the name that differs by the fewest letters, if they are few; else {@code null}}
     *
     * @param name what was written
     * @param names what there is
     */
    public static @Nullable String nearest(String name, Collection<String> names) {
        String best = null;
        int least = Math.max(2, name.length() / 2) + 1;
        for (String candidate : names) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    /** How many letters must be put in, taken out or changed. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
