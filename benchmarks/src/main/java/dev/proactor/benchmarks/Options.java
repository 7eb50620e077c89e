package dev.proactor.benchmarks;

import java.util.HashMap;
import java.util.Map;

/**
 * What the command line says. The flags are those of the C peer.
 *
 * @param listen whether this peer listens; else it connects
 * @param address {@code host:port}
 * @param role what it does
 * @param preSettled whether deliveries are sent settled (at most once); else the receiver accepts each (at least once)
 * @param sizeBytes the length of a message's body
 * @param credit how much a receiver gives at most
 * @param threads how many event loops run
 * @param conns how many connections are made; for an idle listener, how many it waits for
 * @param count after how many messages on each connection to stop; 0 to go by time
 * @param inflight how many attempts of {@code connrate} are under way at once
 * @param echo whether a listener sends back what it receives
 * @param topUp the fraction of the credit below which a receiver gives more
 * @param windowBytes the session's window, or 0 for the default
 * @param sasl whether a client authenticates, as ANONYMOUS; a listener takes both
 * @param tls the file with the key and certificate of both ends, or empty for plain TCP
 * @param idleSeconds the idle time-out that both ends announce: heartbeats come twice as often
 * @param holdSeconds how long idle connections are left alone before the second measurement
 * @param burstBytes the length of the message that each idle connection sends after that; 0: none
 * @param quietSeconds how long it waits after the burst
 * @param releaseSeconds how long the collector has to give memory back, before the process is measured
 * @param warmupSeconds from the first message to the beginning of the measurement
 * @param seconds how long it measures; for {@code idle}, how long connections stay after that
 */
record Options(
        boolean listen,
        String address,
        Role role,
        boolean preSettled,
        int sizeBytes,
        int credit,
        int threads,
        int conns,
        long count,
        int inflight,
        boolean echo,
        double topUp,
        int windowBytes,
        boolean sasl,
        String tls,
        double idleSeconds,
        double holdSeconds,
        int burstBytes,
        double quietSeconds,
        double releaseSeconds,
        double warmupSeconds,
        double seconds) {

    static final String HELP = """
            usage: java -jar benchmarks.jar listen|connect HOST:PORT [flags]

            listen                 receives from remote senders, sends to remote receivers, or echoes
              --role idle          only accepts, and measures what --conns connections cost
              --echo 0|1 (0)       send back what is received
            connect --role R       R is one of send, recv, ping, connrate, idle

            --settle pre|alo (pre) send settled, or have each message accepted; the same on both sides
            --size N (100)         bytes of body, in one data section
            --credit N (1000)      a receiver's credit
            --topup F (0.5)        give credit again when it is below F * credit
            --window N (0)         the session's incoming window in bytes; 0: the default. Not in the C peer, which has none
            --threads N (1)        event loops
            --conns N (1)          connections
            --count N (0)          connect: stop after so many messages a connection; 0: go by time
            --inflight N (1)       connrate: attempts at once
            --warmup S (2)         seconds from the first message to the measurement
            --secs S (5)           seconds of the measurement; for idle: how long to stay after it
            --sasl 0|1 (0)         connect: SASL ANONYMOUS, or no SASL layer
            --tls FILE ()          TLS with the key and certificate in this PKCS12 file (password: benchmark), on both ends
            --idle-timeout S (60)  what both ends announce; heartbeats come twice as often
            --hold S (0)           idle: leave connections alone, then measure again and time a new client's message
            --burst N (0)          idle: then send a message of N bytes on each, and measure again when all is quiet
            --quiet S (10)         idle: how long after the burst
            --release S (2)        idle: from a full collection to the look at the process

            "listening" on stderr says that a listener is ready; the result is one line of JSON on stdout.
            """;

    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("--role", "react"),
            Map.entry("--settle", "pre"),
            Map.entry("--size", "100"),
            Map.entry("--credit", "1000"),
            Map.entry("--threads", "1"),
            Map.entry("--conns", "1"),
            Map.entry("--count", "0"),
            Map.entry("--inflight", "1"),
            Map.entry("--echo", "0"),
            Map.entry("--topup", "0.5"),
            Map.entry("--window", "0"),
            Map.entry("--sasl", "0"),
            Map.entry("--tls", ""),
            Map.entry("--idle-timeout", "60"),
            Map.entry("--hold", "0"),
            Map.entry("--burst", "0"),
            Map.entry("--quiet", "10"),
            Map.entry("--release", "2"),
            Map.entry("--warmup", "2"),
            Map.entry("--secs", "5"));

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException if it makes no sense, with a message that says why
     */
    static Options parse(String... args) {
        if (args.length < 2 || !(args[0].equals("listen") || args[0].equals("connect"))) {
            throw new IllegalArgumentException("expected: listen|connect HOST:PORT");
        }
        boolean listen = args[0].equals("listen");
        Flags flags = new Flags(args, 2);
        Role role = Role.parse(flags.text("--role"));
        if (listen ? role != Role.REACT && role != Role.IDLE : role == Role.REACT) {
            throw new IllegalArgumentException("--role " + role.label() + " is not for " + args[0]);
        }
        return new Options(
                listen,
                args[1],
                role,
                flags.either("--settle", "pre", "alo") && role != Role.IDLE,
                flags.integer("--size"),
                flags.integer("--credit"),
                flags.integer("--threads"),
                flags.integer("--conns"),
                flags.integer("--count"),
                flags.integer("--inflight"),
                flags.either("--echo", "1", "0"),
                flags.decimal("--topup"),
                flags.integer("--window"),
                flags.either("--sasl", "1", "0"),
                flags.text("--tls"),
                flags.decimal("--idle-timeout"),
                flags.decimal("--hold"),
                flags.integer("--burst"),
                flags.decimal("--quiet"),
                flags.decimal("--release"),
                flags.decimal("--warmup"),
                flags.decimal("--secs"));
    }

    /** Pairs of a flag and its value, over the defaults. */
    private static final class Flags {
        private final Map<String, String> values = new HashMap<>(DEFAULTS);

        Flags(String[] args, int first) {
            for (int i = first; i < args.length; i += 2) {
                if (!DEFAULTS.containsKey(args[i])) {
                    throw new IllegalArgumentException("unknown flag " + args[i]);
                }
                if (i + 1 == args.length) {
                    throw new IllegalArgumentException(args[i] + " needs a value");
                }
                values.put(args[i], args[i + 1]);
            }
        }

        String text(String flag) {
            return values.getOrDefault(flag, "");
        }

        boolean either(String flag, String yes, String no) {
            String value = text(flag);
            if (!value.equals(yes) && !value.equals(no)) {
                throw new IllegalArgumentException(flag + " must be " + yes + " or " + no + ", not " + value);
            }
            return value.equals(yes);
        }

        int integer(String flag) {
            try {
                return Math.max(0, Integer.parseInt(text(flag)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(flag + " must be a whole number, not " + text(flag), e);
            }
        }

        double decimal(String flag) {
            try {
                return Math.max(0, Double.parseDouble(text(flag)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(flag + " must be a number, not " + text(flag), e);
            }
        }
    }
}
