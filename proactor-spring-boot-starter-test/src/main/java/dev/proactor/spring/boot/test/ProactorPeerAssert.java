package dev.proactor.spring.boot.test;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on what a {@link ProactorPeer} has seen: {@code assertThat(peer).hasReceived("orders", "one book")}. Those that expect
 * something wait for it, for {@link ProactorPeer#PATIENCE}.
 */
public final class ProactorPeerAssert extends AbstractAssert<ProactorPeerAssert, ProactorPeer> {

    ProactorPeerAssert(ProactorPeer actual) {
        super(actual, ProactorPeerAssert.class);
    }

    /**
     * The application sends a message with this body, or has sent it.
     *
     * @param address the address that it is sent to
     * @param body as {@link ProactorPeer#body} gives it; text is compared with {@code data}, too, as UTF-8
     * @return this
     */
    public ProactorPeerAssert hasReceived(String address, Object body) {
        Ledger ledger = actual.ledger();
        ledger.await(
                ProactorPeer.PATIENCE,
                () -> ledger.received(address).stream().anyMatch(message -> Bodies.has(message, body)) ? ledger : null,
                () -> "a message " + Bodies.print(body) + " at '" + address + "'");
        return this;
    }

    /**
     * The application sends so many messages, or has sent them, and not more up to now.
     *
     * @param address the address that they are sent to
     * @param count how many
     * @return this
     */
    public ProactorPeerAssert hasReceivedCount(String address, int count) {
        Ledger ledger = actual.ledger();
        ledger.await(
                ProactorPeer.PATIENCE,
                () -> ledger.received(address).size() >= count ? ledger : null,
                () -> count + " messages at '" + address + "'");
        int seen = ledger.received(address).size();
        if (seen != count) {
            throw failure("Expected %s messages at '%s', but the peer saw %s", count, address, ledger.seen());
        }
        return this;
    }

    /**
     * The application has sent no message up to now. It does not wait: first wait for something that comes after it.
     *
     * @param address the address that it would be sent to
     * @return this
     */
    public ProactorPeerAssert hasReceivedNothing(String address) {
        return hasReceivedCount(address, 0);
    }

    /**
     * The application gives the messages that were enqueued these outcomes, or has given them.
     *
     * @param address where they were enqueued
     * @param outcomes one for each message, in the order in which they were enqueued; see {@link Outcomes}. Of a rejection counts what
     *     the expected one says
     * @return this
     */
    public ProactorPeerAssert hasSettled(String address, DeliveryState... outcomes) {
        Ledger ledger = actual.ledger();
        List<@Nullable DeliveryState> seen = new ArrayList<>();
        ledger.await(
                ProactorPeer.PATIENCE,
                () -> {
                    seen.clear();
                    ledger.enqueued(address).forEach(message -> seen.add(message.outcome()));
                    return seen.size() >= outcomes.length && !seen.contains(null) ? ledger : null;
                },
                () -> outcomes.length + " outcomes at '" + address + "'");
        boolean same = seen.size() == outcomes.length;
        for (int i = 0; same && i < outcomes.length; i++) {
            DeliveryState outcome = seen.get(i);
            same = outcome != null && Outcomes.matches(outcomes[i], outcome);
        }
        if (!same) {
            throw failure(
                    "Expected the outcomes %s at '%s', but the application gave %s", List.of(outcomes), address, seen);
        }
        return this;
    }

    /**
     * The application gives a message this outcome, or has given it.
     *
     * @param message what was enqueued
     * @param outcome see {@link Outcomes}
     * @return this
     */
    public ProactorPeerAssert hasSettled(EnqueuedMessage message, DeliveryState outcome) {
        DeliveryState seen = message.awaitOutcome();
        if (!Outcomes.matches(outcome, seen)) {
            throw failure("Expected the outcome %s of %s, but the application gave %s", outcome, message, seen);
        }
        return this;
    }
}
