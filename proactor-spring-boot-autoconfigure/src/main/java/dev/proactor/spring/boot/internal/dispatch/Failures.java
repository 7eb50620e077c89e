package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.TemplateConversionException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * What follows when a handler method throws: asks the handler's own {@code @OnError} methods and the application's error handler, and logs. A method that fails for each message
 * must not fill the log: its stack trace is written once in ten seconds, with the number of failures since. Thread-safe.
 */
final class Failures {

    private static final Log log = LogFactory.getLog("dev.proactor.handler");
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final class Quiet {
        final AtomicLong untilNanos;
        final AtomicLong unseen = new AtomicLong();

        Quiet(long now) {
            untilNanos = new AtomicLong(now);
        }
    }

    private final @Nullable ProactorErrorHandler errorHandler;
    private final LongSupplier clock;
    private final Map<HandlerMethod, Quiet> quiet = new ConcurrentHashMap<>();
    private final Map<HandlerMethod, Quiet> quietOfPeers = new ConcurrentHashMap<>();
    private final Map<HandlerMethod, Quiet> quietOfReplies = new ConcurrentHashMap<>();

    Failures(@Nullable ProactorErrorHandler errorHandler, LongSupplier clock) {
        this.errorHandler = errorHandler;
        this.clock = clock;
    }

    /** Judges a failure; never throws. */
    Verdict judge(HandlerMethod method, Throwable failure, HandlerContext context) {
        try {
            Verdict verdict = method.errors().judge(failure, context);
            if (verdict != null) {
                return verdict;
            }
            Verdict said = errorHandler == null ? null : errorHandler.failed(failure, context);
            return said == null ? Verdict.usual() : said;
        } catch (Throwable again) {
            if (again != failure) {
                failure.addSuppressed(again);
            }
            log(method, failure, context, "what was to decide about it has thrown too");
            return Verdict.usual();
        }
    }

    /** Writes a line, and the stack trace where the last one is not of just now. */
    void log(HandlerMethod method, Throwable failure, HandlerContext context, String consequence) {
        boolean peersFault = isUnfit(failure);
        long now = clock.getAsLong();
        Quiet state = (peersFault ? quietOfPeers : quiet).computeIfAbsent(method, key -> new Quiet(now));
        long until = state.untilNanos.get();
        if (now - until < 0 || !state.untilNanos.compareAndSet(until, now + QUIET_NANOS)) {
            state.unseen.incrementAndGet();
            return;
        }
        String more = more(state);
        if (peersFault) {
            // It is told, too.
            log.info(method + " could not be given a message of " + describe(context) + ": " + consequence + ": "
                    + PeerText.name(String.valueOf(failure.getMessage())) + more);
        } else {
            log.warn(method + " failed for " + describe(context) + ": " + consequence + more, failure);
        }
    }

    /** {@return whether a message is not what it should be: the peer's fault, and it will never fit} */
    static boolean isUnfit(Throwable failure) {
        return failure instanceof MessageConversionException && !(failure instanceof TemplateConversionException);
    }

    /** A reply did not arrive. */
    void logReply(HandlerMethod method, String about, String why) {
        long now = clock.getAsLong();
        Quiet state = quietOfReplies.computeIfAbsent(method, key -> new Quiet(now));
        long until = state.untilNanos.get();
        if (now - until < 0 || !state.untilNanos.compareAndSet(until, now + QUIET_NANOS)) {
            state.unseen.incrementAndGet();
            return;
        }
        log.warn("A reply of " + method + " to a message of " + about + " was lost: " + why + more(state));
    }

    /** A declared receiver is there in vain; health can't tell, for a handler of events may yet give it credit. */
    static void logUnread(HandlerContext context) {
        log.warn("There is no @OnMessage method for address '" + PeerText.name(context.address()) + "': "
                + describe(context) + " gets no credit, and its messages stay with the peer");
    }

    private static String more(Quiet state) {
        long unseen = state.unseen.getAndSet(0);
        return unseen == 0 ? "" : " (and " + unseen + " times more in the seconds before)";
    }

    /** {@return what a message calls the subject of a call: connection, peer, link} */
    static String describe(HandlerContext context) {
        StringBuilder text = new StringBuilder();
        if (context.link() != null) {
            text.append("link '").append(PeerText.name(context.address())).append("' of ");
        }
        Connection connection = context.connection();
        if (connection == null) {
            return text.append("'").append(context.name()).append("'").toString();
        }
        text.append("connection '").append(context.name()).append("'");
        Object peer = context.proactor().remoteAddress(connection);
        if (peer != null) {
            text.append(" with ").append(peer);
        }
        if (connection.getRemoteContainer() != null) {
            text.append(" (container '")
                    .append(PeerText.name(connection.getRemoteContainer()))
                    .append("')");
        }
        return text.toString();
    }
}
