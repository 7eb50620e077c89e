package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.handler.Settlement;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/**
 * A handler method under one of its annotations: when it is called, and how. Immutable, thread-safe.
 *
 * @param name {@code Class.method}, for messages and meters
 * @param types the types of event
 * @param occasion on which of them
 * @param ofClass the filter of its class
 * @param ofMethod its own filter
 * @param links what kind of link it asks for
 * @param order its place among others; the lowest comes first
 * @param result what it returns
 * @param settlement who settles a message
 * @param call takes a {@link HandlerContext} and returns an {@link Object}
 * @param errors what decides when it throws
 * @param timing records its calls, or {@code null}
 */
record HandlerMethod(
        String name,
        Set<EventType> types,
        Occasion occasion,
        SourceFilter ofClass,
        SourceFilter ofMethod,
        Links links,
        int order,
        Result result,
        Settlement settlement,
        MethodHandle call,
        ErrorMethods errors,
        HandlerTimings.@Nullable Recorder timing) {

    /** What kind of link a method asks for. */
    enum Links {
        ANY,
        SENDERS,
        RECEIVERS;

        boolean include(Link link) {
            return switch (this) {
                case ANY -> true;
                case SENDERS -> link instanceof Sender;
                case RECEIVERS -> link instanceof Receiver;
            };
        }
    }

    /** What a method returns. */
    enum Result {
        NOTHING,
        STATE,
        STAGE,
        REPLY
    }

    boolean takesSource(@Nullable ConnectionRole role, String source) {
        if (role == null) {
            return ofClass.takesNameless() && ofMethod.takesNameless();
        }
        return ofClass.takesSource(role, source) && ofMethod.takesSource(role, source);
    }

    boolean takesLink(Link link, String address) {
        return links.include(link) && takesAddress(address);
    }

    boolean takesAddress(String address) {
        return ofClass.takesAddress(address) && ofMethod.takesAddress(address);
    }

    /** {@return whether a peer may attach this link because of this method} */
    boolean claims(Link link, String address) {
        boolean names = !ofClass.addresses().isEmpty() || !ofMethod.addresses().isEmpty();
        boolean meant = switch (occasion) {
            case MESSAGE -> link instanceof Receiver;
            case SENDABLE -> names && link instanceof Sender;
            case LINK_OPENED -> names;
            case EACH_EVENT -> names && types.contains(EventType.LINK_REMOTE_OPEN);
            default -> false;
        };
        return meant && takesLink(link, address);
    }

    /** {@return the most specific pattern by which it takes an address, or {@code null} if it takes all} */
    @Nullable AddressPattern patternOf(String address) {
        return patterns().stream()
                .filter(pattern -> pattern.matches(address))
                .min(AddressPattern.MOST_SPECIFIC_FIRST)
                .orElse(null);
    }

    /** {@return its addresses, for people} */
    String describeAddresses() {
        List<AddressPattern> patterns = patterns();
        return patterns.isEmpty()
                ? "any address"
                : patterns.stream().map(pattern -> "'" + pattern + "'").collect(Collectors.joining(", "));
    }

    private List<AddressPattern> patterns() {
        return ofMethod.addresses().isEmpty() ? ofClass.addresses() : ofMethod.addresses();
    }

    /**
     * {@return an address pattern for which this method and another one have the same claim on messages, or {@code null} if for
     * every message one of them is the more specific}
     */
    @Nullable String sameClaimAs(HandlerMethod other) {
        if (!ofClass.overlaps(other.ofClass)
                || !ofMethod.overlaps(other.ofMethod)
                || !ofClass.overlaps(other.ofMethod)
                || !ofMethod.overlaps(other.ofClass)) {
            return null;
        }
        if (patterns().isEmpty() && other.patterns().isEmpty()) {
            return "**";
        }
        for (AddressPattern mine : patterns()) {
            for (AddressPattern theirs : other.patterns()) {
                if (AddressPattern.MOST_SPECIFIC_FIRST.compare(mine, theirs) == 0 && mine.overlaps(theirs)) {
                    return mine.toString();
                }
            }
        }
        return null;
    }

    /** {@return the kind of subject that its events are about} All its types have the same. */
    EventSource source() {
        return types.iterator().next().source();
    }

    /**
     * Calls the method.
     *
     * @param context what it is called about
     * @return what it returned
     * @throws Throwable what it threw
     */
    @Nullable Object invoke(HandlerContext context) throws Throwable {
        if (timing == null) {
            return (Object) call.invokeExact(context);
        }
        long began = System.nanoTime();
        Throwable failure = null;
        try {
            return (Object) call.invokeExact(context);
        } catch (Throwable thrown) {
            failure = thrown;
            throw thrown;
        } finally {
            timing.called(System.nanoTime() - began, failure);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
