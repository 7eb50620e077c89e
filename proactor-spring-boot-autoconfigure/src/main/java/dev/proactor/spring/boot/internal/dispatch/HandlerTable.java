package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.Occasion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** All handler methods of an application, and the plans made of them. Thread-safe once it is filled. */
public final class HandlerTable {

    private record SourceName(@Nullable ConnectionRole role, String name) {}

    private final Map<SourceName, Plan> plans = new ConcurrentHashMap<>();
    private volatile List<HandlerMethod> methods = List.of();

    /**
     * Fills the table, when the application starts.
     *
     * @throws InvalidHandlerException if two methods have the same claim on messages
     */
    void fill(List<HandlerMethod> all) {
        List<HandlerMethod> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingInt(HandlerMethod::order));
        List<HandlerMethod> takers = sorted.stream()
                .filter(method -> method.occasion() == Occasion.MESSAGE)
                .toList();
        for (int i = 0; i < takers.size(); i++) {
            for (int j = 0; j < i; j++) {
                String pattern = takers.get(i).sameClaimAs(takers.get(j));
                if (pattern != null) {
                    throw new InvalidHandlerException(
                            "Both " + takers.get(j) + " and " + takers.get(i)
                                    + " take the messages of links whose address matches '" + pattern + "'",
                            "A message is handled once. Give one of the two methods a more specific address, or another"
                                    + " connection or listener.");
                }
            }
        }
        methods = List.copyOf(sorted);
        plans.clear();
    }

    List<HandlerMethod> methods() {
        return methods;
    }

    Plan plan(@Nullable ConnectionRole role, String name) {
        return plans.computeIfAbsent(new SourceName(role, name), key -> new Plan(methods, key.role(), key.name()));
    }

    /** {@return whether there is a method that takes messages on connections that we make} */
    public boolean receivesOnConnections() {
        return methods.stream()
                .anyMatch(method -> method.occasion() == Occasion.MESSAGE
                        && (method.ofClass().listeners().isEmpty()
                                || !method.ofClass().connections().isEmpty())
                        && (method.ofMethod().listeners().isEmpty()
                                || !method.ofMethod().connections().isEmpty()));
    }
}
