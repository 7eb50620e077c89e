package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ListenerBindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
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
                    cause.getMessage() + " (property " + property(cause, "port") + ")",
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

    private static String property(ListenerBindException cause, String name) {
        return "proactor.listeners." + cause.listener() + "." + name;
    }

    private static FailureAnalysis aboutTheHost(ListenerBindException cause) {
        return new FailureAnalysis(
                cause.getMessage() + " (property " + property(cause, "host") + ")",
                "Set it to a name or an address of this machine: localhost is reached from here only, 0.0.0.0 is all of its"
                        + " addresses.",
                cause);
    }

    private FailureAnalysis aboutThePort(ListenerBindException cause) {
        String property = property(cause, "port");
        int other = cause.port() < 65535 ? cause.port() + 1 : cause.port() - 1;
        String arguments = "--" + property + "=" + other;
        String command = environment.getProperty("proactor.start-command");
        String ready = command == null
                ? "start the application with " + arguments
                : "start it on another port:\n\n    " + command.replace("{arguments}", arguments) + "\n";
        return new FailureAnalysis(
                cause.getMessage() + " (property " + property + ")",
                "Stop what listens on port " + cause.port() + " already, or " + ready
                        + (command == null ? ". 0 is any free port." : "\n0 is any free port."),
                cause);
    }
}
