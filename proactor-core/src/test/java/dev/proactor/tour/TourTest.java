package dev.proactor.tour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TourTest {

    @ParameterizedTest
    @ValueSource(strings = {"Server", "Client"})
    void theProgramInTheTourIsTheOneThatIsTestedHere(String program) throws Exception {
        String tour = Files.readString(Path.of("../docs/tour.md"));
        String source = Files.readString(Path.of("src/test/java/dev/proactor/tour/" + program + ".java"));
        String shown = source.substring(source.indexOf("import ")).strip();
        assertThat(tour).contains("```java\n" + shown + "\n```");
    }

    @Test
    @Timeout(20)
    void theClientSendsAMessageToTheServerAndEnds() throws Exception {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try (Proactor server = Proactor.create();
                Proactor client = Proactor.create()) {
            Listener listener = server.listen(ListenerOptions.on("127.0.0.1:0").build());
            try (EventBatch batch = server.await()) {
                Server.handle(batch.next());
            }
            CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> {
                try {
                    Server.run(server);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            Client.send(client, "127.0.0.1:" + listener.localPort());
            server.close();
            assertThatThrownBy(serving::join).hasCauseInstanceOf(ProactorClosedException.class);
        } finally {
            System.setOut(out);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("received AmqpValue{hello}")
                .contains("outcome: Accepted{}")
                .doesNotContain("null");
    }
}
