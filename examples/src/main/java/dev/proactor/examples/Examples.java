package dev.proactor.examples;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code java -jar examples.jar broker|send|receive|direct|forward …}. */
@Command(
        name = "examples",
        description = "Programs that speak AMQP 1.0 by the proactor. Each has its own --help.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(broker | send | receive | direct | forward)",
        subcommands = {Broker.class, Send.class, Receive.class, Direct.class, Forward.class})
public final class Examples {

    private Examples() {}

    /**
     * Runs one of them; the exit status is 0 if it did what it was asked, 1 if not, 2 for a wrong command line.
     *
     * @param args its name and its options
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        CommandLine commands = new CommandLine(new Examples())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(command.getCommandName() + ": " + failure.getMessage());
                    return 1;
                });
        return commands.execute(args);
    }
}
