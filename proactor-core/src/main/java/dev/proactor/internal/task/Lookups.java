package dev.proactor.internal.task;

import dev.proactor.HostResolver;
import dev.proactor.NetworkAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Name look-ups: the one thing that can't be done without blocking, so it has a few threads of its own, which end when idle.
 * More than one, because a name server that does not answer must not hold up the other names.
 */
final class Lookups {

    private static final int THREADS = 4;
    private static final Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}");

    /**
     * What came of a look-up.
     *
     * @param addresses the addresses, empty if it failed
     * @param failure why it failed, else {@code null}
     */
    record Result(List<InetAddress> addresses, @Nullable Exception failure) {}

    private final HostResolver resolver;
    private final ThreadPoolExecutor threads;

    Lookups(HostResolver resolver) {
        this.resolver = resolver;
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Lookups::thread);
        this.threads.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "proactor-lookup");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Finds the addresses of a host without blocking, if that is possible.
     *
     * @param host the host; empty for the loopback addresses
     * @return the addresses, or {@code null} if the name must be looked up
     */
    static @Nullable List<InetAddress> literal(String host) {
        try {
            if (host.isEmpty()) {
                return List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"));
            }
            if (host.indexOf(':') >= 0 || IPV4.matcher(host).matches()) {
                return List.of(InetAddress.getByName(host));
            }
            return null;
        } catch (UnknownHostException notLiteral) {
            return null;
        }
    }

    /**
     * Looks a name up.
     *
     * @param address whose host to look up
     * @param then gets the result, on a look-up thread
     */
    void resolve(NetworkAddress address, Consumer<Result> then) {
        try {
            threads.execute(() -> then.accept(resolve(address)));
        } catch (RejectedExecutionException closed) {
            then.accept(new Result(List.of(), new UnknownHostException(address.host() + ": the proactor is closed")));
        }
    }

    private Result resolve(NetworkAddress address) {
        String host = address.host();
        if (address.toString().length() > NetworkAddress.MAX_LENGTH) {
            return new Result(List.of(), new UnknownHostException("address longer than " + NetworkAddress.MAX_LENGTH));
        }
        try {
            List<InetAddress> found = resolver.resolve(host);
            return found.isEmpty()
                    ? new Result(List.of(), new UnknownHostException(host + ": no address"))
                    : new Result(new ArrayList<>(found), null);
        } catch (UnknownHostException e) {
            return new Result(List.of(), unknown(host, e));
        } catch (RuntimeException e) {
            return new Result(List.of(), e);
        } catch (Error e) {
            // It is no less an answer: who waits for it must not wait for ever.
            return new Result(List.of(), new IllegalStateException(host + ": " + e, e));
        }
    }

    /** Java remembers for a while that there is no such host, and says then no more than its name. */
    private static UnknownHostException unknown(String host, UnknownHostException failure) {
        String message = failure.getMessage();
        if (message != null && !message.equals(host)) {
            return failure;
        }
        UnknownHostException unknown = new UnknownHostException(host + ": unknown host");
        unknown.initCause(failure);
        return unknown;
    }

    /** {@return what a failure says, or at least its kind} */
    static String message(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    void close() {
        threads.shutdownNow();
    }
}
