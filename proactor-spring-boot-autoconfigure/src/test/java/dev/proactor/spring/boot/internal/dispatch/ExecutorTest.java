package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.dispatch.DispatcherTest.Device;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.task.VirtualThreadTaskExecutor;

/** Handlers on threads that are not the proactor's. */
@Timeout(60)
class ExecutorTest {

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {
        final List<String> threads = new CopyOnWriteArrayList<>();

        @OnMessage
        void reading() {
            threads.add(Thread.currentThread().getName());
        }
    }

    @Test
    void batchesAreHandledOnTheExecutorsThreads() {
        ExecutorService executor = Executors.newFixedThreadPool(2, task -> new Thread(task, "mine"));
        Readings readings = new Readings();
        Device device = new Device("readings/d1", "a", "b", "c");
        try (RunningApp app = RunningApp.on(executor, readings, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 3);
        } finally {
            executor.shutdown();
        }
        assertThat(readings.threads).hasSize(3).containsOnly("mine");
    }

    static Stream<Executor> unwilling() {
        return Stream.of(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                task -> {
                    throw new IllegalStateException("broken");
                },
                task -> {
                    throw new OutOfMemoryError("unable to create native thread");
                },
                task -> {
                    task.run();
                    throw new IllegalStateException("broken after the task");
                });
    }

    @ParameterizedTest
    @MethodSource("unwilling")
    @ExtendWith(OutputCaptureExtension.class)
    void whatTheExecutorRejectsIsHandledOnceByTheThreadThatHadIt(Executor unwilling, CapturedOutput output) {
        Readings readings = new Readings();
        Device device = new Device("readings/d1", "a", "b", "c");
        try (RunningApp app = RunningApp.on(unwilling, readings, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 3);
        }
        assertThat(readings.threads).hasSize(3).allMatch(name -> name.startsWith("proactor-"));
        assertThat(output).doesNotContain("handling a batch failed");
    }

    /** Each handler waits until there is one in every connection. */
    @ProactorHandler(listeners = "ingress", addresses = "devices/*")
    static class Meeting {
        final CountDownLatch all;
        final Map<String, Queue<Integer>> seen = new ConcurrentHashMap<>();

        Meeting(int connections) {
            all = new CountDownLatch(connections);
        }

        @OnMessage
        void message(@Address String address, @ApplicationProperty("number") int number) throws InterruptedException {
            if (number == 0) {
                all.countDown();
                assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
            }
            seen.computeIfAbsent(address, any -> new ConcurrentLinkedQueue<>()).add(number);
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads")
    void aThousandHandlersBlockAtOnceOnVirtualThreadsAndEachConnectionKeepsItsOrder() {
        int connections = 1000;
        int messages = 100;
        Meeting meeting = new Meeting(connections);
        try (RunningApp app = RunningApp.on(new VirtualThreadTaskExecutor("handler-"), meeting);
                Clients clients = new Clients(messages)) {
            for (int i = 0; i < connections; i++) {
                clients.connect(app.ingress.localPort(), "devices/" + i);
            }
            await().atMost(Duration.ofSeconds(45))
                    .until(() ->
                            meeting.seen.values().stream().mapToInt(Queue::size).sum() == connections * messages);
        }
        List<Integer> inOrder = IntStream.range(0, messages).boxed().toList();
        assertThat(meeting.seen).hasSize(connections);
        assertThat(meeting.seen.values()).allSatisfy(seen -> assertThat(seen).containsExactlyElementsOf(inOrder));
    }

    /** Connections that send numbered messages to an address each, as credit allows. */
    private static final class Clients implements AutoCloseable {
        private final Proactor proactor = Proactor.create();
        private final int messages;
        private final Map<Sender, Integer> sent = new ConcurrentHashMap<>();

        Clients(int messages) {
            this.messages = messages;
            new Thread(this::run, "clients").start();
        }

        void connect(int port, String address) {
            proactor.connect(ConnectionOptions.to("localhost:" + port)
                    .context(address)
                    .handshakeTimeout(Duration.ofSeconds(40))
                    .build());
        }

        private void run() {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event; (event = batch.next()) != null; ) {
                        on(event);
                    }
                } catch (ProactorClosedException | InterruptedException over) {
                    return;
                }
            }
        }

        private void on(Event event) {
            switch (event.type()) {
                case CONNECTION_INIT -> begin(event.connection());
                case LINK_FLOW -> send(event.sender());
                case DELIVERY -> event.delivery().settle();
                default -> {}
            }
        }

        private static void begin(Connection connection) {
            Session session = connection.session();
            session.open();
            Sender sender = session.sender("link");
            Target target = new Target();
            target.setAddress((String) connection.getContext());
            sender.setTarget(target);
            sender.setSource(new Source());
            sender.open();
        }

        private void send(Sender sender) {
            int number = sent.getOrDefault(sender, 0);
            for (; number < messages && sender.getCredit() > 0; number++) {
                Message message = Message.Factory.create();
                message.setBody(new AmqpValue("x"));
                message.setApplicationProperties(new ApplicationProperties(Map.of("number", number)));
                byte[] bytes = new byte[256];
                int length = message.encode(bytes, 0, bytes.length);
                sender.delivery(String.valueOf(number).getBytes(StandardCharsets.US_ASCII));
                sender.send(bytes, 0, length);
                sender.advance();
            }
            sent.put(sender, number);
        }

        @Override
        public void close() {
            proactor.close();
        }
    }
}
