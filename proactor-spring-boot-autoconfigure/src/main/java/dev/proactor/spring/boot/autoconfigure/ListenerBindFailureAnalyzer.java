package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ListenerBindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/**
 * Says what to do when a listener can't be bound. Where {@code proactor.start-command} tells how the application is started, with
 * {@code {arguments}} in it, the command with another port is printed ready for use.
 */
final class ListenerBindFailureAnalyzer extends AbstractFailureAnalyzer<ListenerBindException> {

    private final Environment environment;

    ListenerBindFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ListenerBindException cause) {
        String reason = cause.reason().toLowerCase(Locale.ROOT);
        if (isUnknown(cause.host()) || reason.contains("assign requested address")) {
            return aboutTheHost(cause);
        }
        if (reason.contains("permission denied")) {
            return new FailureAnalysis(
                    cause.getMessage() + " (property " + property(cause.listener(), "port") + ")",
                    "Ports below 1024 need a right of their own on most systems: use another one, such as 5672, or give"
                            + " the process that right.",
                    cause);
        }
        return aboutThePort(cause);
    }

    private static boolean isUnknown(String host) {
        try {
            return InetAddress.getAllByName(host).length == 0;
        } catch (UnknownHostException unknown) {
            return true;
        }
    }

    private static String property(String listener, String name) {
        return "proactor.listeners." + listener + "." + name;
    }

    private static FailureAnalysis aboutTheHost(ListenerBindException cause) {
        return new FailureAnalysis(
                cause.getMessage() + " (property " + property(cause.listener(), "host") + ")",
                "Set it to a name or an address of this machine: localhost is reached from here only, 0.0.0.0 is all of its"
                        + " addresses.",
                cause);
    }

    private FailureAnalysis aboutThePort(ListenerBindException cause) {
        String property = property(cause.listener(), "port");
        int other = cause.port() < 65535 ? cause.port() + 1 : cause.port() - 1;
        String arguments = "--" + property + "=" + other;
        String command = environment.getProperty("proactor.start-command");
        String ready = command == null
                ? "start the application with " + arguments
                : "start it on another port:\n\n    " + command.replace("{arguments}", arguments) + "\n";
        return new FailureAnalysis(
                cause.getMessage() + " (property " + property + ")",
                whoHasThePort(cause) + ", or " + ready
                        + (command == null ? ". 0 is any free port." : "\n0 is any free port."),
                cause);
    }

    private String whoHasThePort(ListenerBindException cause) {
        String own = ownListenerOnThePortOf(cause);
        return own == null
                ? "Stop what listens on port " + cause.port() + " already"
                : "Listener '" + own + "' of this application has port " + cause.port() + ", too (property "
                        + property(own, "port") + "): give one of them another";
    }

    private @Nullable String ownListenerOnThePortOf(ListenerBindException cause) {
        Map<String, ListenerProperties> listeners = Binder.get(environment)
                .bind("proactor.listeners", Bindable.mapOf(String.class, ListenerProperties.class))
                .orElse(Map.of());
        for (Map.Entry<String, ListenerProperties> other : listeners.entrySet()) {
            if (!other.getKey().equals(cause.listener())
                    && other.getValue().getPort() == cause.port()
                    && overlap(other.getValue().getHost(), cause.host())) {
                return other.getKey();
            }
        }
        return null;
    }

    private static boolean overlap(String host, String other) {
        try {
            List<InetAddress> addresses = addresses(host);
            List<InetAddress> others = addresses(other);
            return Stream.of(addresses, others).anyMatch(of -> of.stream().anyMatch(InetAddress::isAnyLocalAddress))
                    || !Collections.disjoint(addresses, others);
        } catch (UnknownHostException unknown) {
            return false;
        }
    }

    /** An empty host is all addresses. */
    private static List<InetAddress> addresses(String host) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(host.isEmpty() ? "0.0.0.0" : host));
    }
}
