package dev.proactor.tour;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Background;
import dev.proactor.testing.Loopback;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RawTest {

    @Test
    void theProgramInTheTextIsTheOneThatIsTestedHere() throws Exception {
        String text = Files.readString(Path.of("../docs/raw.md"));
        String source = Files.readString(Path.of("src/test/java/dev/proactor/tour/Echo.java"));
        assertThat(text)
                .contains("```java\n"
                        + source.substring(source.indexOf("import ")).strip() + "\n```");
    }

    @Test
    @Timeout(20)
    void itEchoesMoreThanItsBuffersHoldAndEndsInOrder() throws Exception {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, UTF_8));
        try (Proactor server = Proactor.create()) {
            Listener listener = server.listen(ListenerOptions.on("127.0.0.1:0").build());
            try (EventBatch batch = server.await()) {
                Echo.handle(batch.next());
            }
            Background<Void> serving = Background.run(() -> Echo.run(server));
            byte[] bytes = new byte[1_000_000];
            new Random(1).nextBytes(bytes);
            try (Socket peer = Loopback.connect(listener.localPort())) {
                Background<Void> sending = Background.run(() -> {
                    peer.getOutputStream().write(bytes);
                    peer.shutdownOutput();
                });
                assertThat(peer.getInputStream().readAllBytes()).isEqualTo(bytes);
                sending.result();
            }
            // The peer sees the end before the program does.
            await().until(() -> printed.size() > 0);
            server.close();
            assertThat(serving.failure()).isInstanceOf(ProactorClosedException.class);
        } finally {
            System.setOut(out);
        }
        assertThat(printed.toString(UTF_8).strip()).isEqualTo("over: null");
    }
}
