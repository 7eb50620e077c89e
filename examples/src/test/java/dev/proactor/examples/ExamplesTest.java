package dev.proactor.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs as processes, as people run them. */
@Timeout(120)
class ExamplesTest {

    private static List<String> run(int status, String... args) throws IOException, InterruptedException {
        try (Running program = new Running(args)) {
            int exit = program.exit();
            assertThat(exit).as("%s said %s", List.of(args), program.output()).isEqualTo(status);
            return program.output();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"broker", "send", "receive", "direct", "forward"})
    void eachHasHelp(String name) throws Exception {
        assertThat(run(0, name, "--help")).anyMatch(line -> line.contains("Usage: examples " + name));
    }

    @Test
    void aWrongOptionIsNamed() throws Exception {
        assertThat(run(2, "send", "--cuont", "1")).anyMatch(line -> line.contains("--cuont"));
    }

    @Test
    void whatIsSentIsReceivedThroughTheBroker() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0")) {
            String at = broker.address();
            assertThat(run(0, "send", "--connect", at, "--count", "3"))
                    .containsExactly("3 sent, 3 settled, 0 of them not accepted");
            assertThat(run(0, "receive", "--connect", at, "--count", "3"))
                    .containsExactly("message 1", "message 2", "message 3", "3 received");
        }
    }

    @Test
    void largeMessagesStayWholeAndInOrder() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0");
                Running receiver = new Running(
                        "receive", "--connect", broker.address(), "--count", "20", "--verify", "--size", "524288")) {
            // The receiver waits already; its address is the same for the sender.
            String at = broker.output().get(0).substring("listening on ".length());
            run(0, "send", "--connect", at, "--count", "20", "--size", "524288");
            assertThat(receiver.exit()).as("%s", receiver.output()).isZero();
            assertThat(receiver.output()).containsExactly("20 received, all whole and in order");
        }
    }

    @Test
    void aReceiverThatFindsAnotherMessageSaysSo() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0")) {
            String at = broker.address();
            run(0, "send", "--connect", at, "--count", "1", "--size", "65");
            assertThat(run(1, "receive", "--connect", at, "--count", "1", "--verify"))
                    .contains("receive: message 1 is not the one that was sent");
        }
    }

    @Test
    void aFullQueueGivesNoMoreCreditAndReleasesWhatComes() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0", "--max-queue-bytes", "20000")) {
            String at = broker.address();
            // 100 messages of credit, of which about 18 of 1 KiB find room.
            assertThat(run(1, "send", "--connect", at, "--count", "30", "--size", "1024"))
                    .anyMatch(line -> line.matches("30 sent, 30 settled, 1[0-9] of them not accepted"));
            assertThat(run(0, "receive", "--connect", at, "--count", "15", "--verify", "--size", "1024"))
                    .containsExactly("15 received, all whole and in order");
        }
    }

    @Test
    void aMessageThatIsTooLargeEndsTheLink() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0", "--max-message-bytes", "1000")) {
            assertThat(run(1, "send", "--connect", broker.address(), "--count", "1", "--size", "2000"))
                    .anyMatch(line -> line.contains("amqp:link:message-size-exceeded"));
        }
    }

    @Test
    void aMessageThatIsTooLargeWhileItIsStillBeingSentEndsTheSenderToo() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0")) {
            assertThat(run(1, "send", "--connect", broker.address(), "--count", "1", "--size", "2000000"))
                    .anyMatch(line -> line.contains("amqp:link:message-size-exceeded"));
        }
    }

    @Test
    void aLinkThatIsRefusedEndsTheClient() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0", "--max-queues", "0")) {
            String at = broker.address();
            assertThat(run(1, "send", "--connect", at)).anyMatch(line -> line.contains("there are 0 queues already"));
            assertThat(run(1, "receive", "--connect", at))
                    .anyMatch(line -> line.contains("there are 0 queues already"));
        }
    }

    @Test
    void nobodyThereIsSaid() throws Exception {
        try (Running broker = new Running("broker", "--listen", "localhost:0")) {
            String at = broker.address();
            broker.close();
            assertThat(run(1, "send", "--connect", at)).anyMatch(line -> line.contains("refused"));
        }
    }

    @Test
    void passwordsAreAskedFor(@TempDir Path directory) throws Exception {
        Path users = Files.writeString(directory.resolve("users"), "ann:secret\n");
        try (Running broker = new Running("broker", "--listen", "localhost:0", "--users", users.toString())) {
            String at = broker.address();
            run(0, "send", "--connect", at, "--user", "ann", "--password", "secret");
            assertThat(run(1, "send", "--connect", at, "--user", "ann", "--password", "wrong"))
                    .anyMatch(line -> line.contains("Authentication failed"));
            assertThat(run(1, "receive", "--connect", at)).anyMatch(line -> line.contains("unauthorized"));
        }
    }

    @Test
    void messagesGoThroughTls(@TempDir Path directory) throws Exception {
        Path keystore = directory.resolve("server.p12");
        Path certificate = directory.resolve("server.pem");
        keytool(
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                keystore.toString(),
                "-storepass",
                "changeit");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "server",
                "-keystore",
                keystore.toString(),
                "-storepass",
                "changeit",
                "-file",
                certificate.toString());
        try (Running broker = new Running(
                "broker",
                "--listen",
                "localhost:0",
                "--tls-keystore",
                keystore.toString(),
                "--tls-keystore-password",
                "changeit")) {
            String at = broker.address();
            run(0, "send", "--connect", at, "--trust", certificate.toString());
            run(0, "receive", "--connect", at, "--trust", certificate.toString());
            assertThat(run(1, "send", "--connect", at, "--tls")).anyMatch(line -> line.contains("SSL"));
        }
    }

    private static void keytool(String... args) throws IOException, InterruptedException {
        List<String> command = Stream.concat(
                        Stream.of(Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString()),
                        Stream.of(args))
                .toList();
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("%s", command).isTrue();
            assertThat(process.exitValue()).as("%s", command).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void directTakesAndGives() throws Exception {
        try (Running direct = new Running("direct", "--listen", "localhost:0", "--count", "3")) {
            run(0, "send", "--connect", direct.address(), "--count", "3");
            assertThat(direct.exit()).isZero();
            assertThat(direct.output()).contains("message 1", "message 2", "message 3");
        }
        try (Running direct = new Running("direct", "--listen", "localhost:0", "--count", "3")) {
            assertThat(run(0, "receive", "--connect", direct.address(), "--count", "3"))
                    .contains("message 1", "message 2", "message 3");
            assertThat(direct.exit()).isZero();
        }
    }

    @Test
    void forwardMovesMessagesAndSurvivesWhatIsNotThereYet() throws Exception {
        try (Running first = new Running("broker", "--listen", "localhost:0");
                Running second = new Running("broker", "--listen", "localhost:0")) {
            String from = first.address();
            String to = second.address();
            try (Running forward =
                    new Running("forward", "--from", from, "--to", to, "--to-address", "there", "--count", "200")) {
                run(0, "send", "--connect", from, "--count", "200");
                assertThat(forward.exit()).as("%s", forward.output()).isZero();
                assertThat(forward.output()).containsExactly("200 forwarded");
            }
            assertThat(run(0, "receive", "--connect", to, "--address", "there", "--count", "200"))
                    .startsWith(IntStream.rangeClosed(1, 200)
                            .mapToObj(i -> "message " + i)
                            .toArray(String[]::new));
        }
    }
}
