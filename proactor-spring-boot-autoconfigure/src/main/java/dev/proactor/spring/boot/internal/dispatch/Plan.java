package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.Occasion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.engine.Link;
import org.jspecify.annotations.Nullable;

/**
 * The methods that events of one source (a name and a role) may call, sorted for quick finding. Immutable, thread-safe.
 */
final class Plan {

    private static final HandlerMethod[] NONE = {};

    private final List<HandlerMethod> methods;
    private final Map<List<HandlerMethod>, Plan> parts = new ConcurrentHashMap<>();
    private final HandlerMethod[][] byType = new HandlerMethod[EventType.values().length][];
    private final HandlerMethod[][] byOccasion = new HandlerMethod[Occasion.values().length][];

    /**
     * Makes a plan of those methods that want to hear of a source.
     *
     * @param all all methods, in their order
     * @param role the source's role, or {@code null} for the proactor
     * @param name the source's name
     */
    Plan(List<HandlerMethod> all, @Nullable ConnectionRole role, String name) {
        this(all.stream().filter(method -> method.takesSource(role, name)).toList());
    }

    private Plan(List<HandlerMethod> methods) {
        this.methods = methods;
        for (EventType type : EventType.values()) {
            byType[type.ordinal()] = methods.stream()
                    .filter(method -> method.occasion() == Occasion.EACH_EVENT
                            && method.types().contains(type))
                    .toArray(HandlerMethod[]::new);
        }
        for (Occasion occasion : Occasion.values()) {
            byOccasion[occasion.ordinal()] = occasion == Occasion.EACH_EVENT
                    ? NONE
                    : methods.stream()
                            .filter(method -> method.occasion() == occasion)
                            .toArray(HandlerMethod[]::new);
        }
    }

    /** {@return the methods of this plan that want to hear of a link} Of one to a coordinator none: it is the template's, or refused. */
    Plan of(Link link, String address) {
        boolean coordinator = link.getTarget() instanceof Coordinator || link.getRemoteTarget() instanceof Coordinator;
        List<HandlerMethod> wanted = new ArrayList<>();
        for (HandlerMethod method : methods) {
            if (!coordinator && method.takesLink(link, address)) {
                wanted.add(method);
            }
        }
        // Links are many, the sets of methods that they call are few.
        return wanted.size() == methods.size() ? this : parts.computeIfAbsent(List.copyOf(wanted), Plan::new);
    }

    /** {@return the methods that are called for each event of a type} */
    HandlerMethod[] on(EventType type) {
        return byType[type.ordinal()];
    }

    /** {@return the methods that are called on an occasion} */
    HandlerMethod[] on(Occasion occasion) {
        return byOccasion[occasion.ordinal()];
    }

    /** {@return the one method that takes the messages of an address, or {@code null}} */
    @Nullable HandlerMethod messagesOf(String address) {
        HandlerMethod best = null;
        for (HandlerMethod method : on(Occasion.MESSAGE)) {
            if (best == null || MOST_SPECIFIC.compare(method.patternOf(address), best.patternOf(address)) < 0) {
                best = method;
            }
        }
        return best;
    }

    private static final Comparator<@Nullable AddressPattern> MOST_SPECIFIC =
            Comparator.nullsLast(AddressPattern.MOST_SPECIFIC_FIRST);

    /** {@return whether a method may answer messages} */
    boolean mayReply() {
        for (HandlerMethod method : on(Occasion.MESSAGE)) {
            if (method.result() == HandlerMethod.Result.REPLY || method.result() == HandlerMethod.Result.STAGE) {
                return true;
            }
        }
        return false;
    }

    /** {@return whether a peer may attach a link} */
    boolean claims(Link link, String address) {
        for (HandlerMethod method : methods) {
            if (method.claims(link, address)) {
                return true;
            }
        }
        return false;
    }
}
