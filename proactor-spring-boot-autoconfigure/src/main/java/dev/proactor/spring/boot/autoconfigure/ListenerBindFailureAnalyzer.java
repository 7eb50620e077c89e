package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ListenerBindException;
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
        String property = "proactor.listeners." + cause.listener() + ".port";
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
