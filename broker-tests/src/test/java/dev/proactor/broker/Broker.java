package dev.proactor.broker;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.server.RemotingService;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.server.impl.AckReason;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.protocol.amqp.broker.AMQPMessage;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.utils.collections.LinkedListIterator;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.awaitility.core.ConditionTimeoutException;

/** An Artemis broker that keeps its queues on disk while it is stopped, and knows which messages receivers have accepted. */
final class Broker implements AutoCloseable {

    static final String DEAD = "dead";

    /** Artemis waits ten seconds for each of its pools. */
    private static final Duration STOP = Duration.ofSeconds(45);

    private final Path directory;
    private final int port;
    private final String[] queues;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private EmbeddedActiveMQ running;

    Broker(Path directory, String... queues) throws Exception {
        this(directory, freePort(), queues);
    }

    Broker(Path directory, int port, String... queues) throws Exception {
        this.directory = directory;
        this.port = port;
        this.queues = queues;
        start();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    void start() throws Exception {
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setSecurityEnabled(false);
        configuration.setPersistenceEnabled(true);
        configuration.setJournalDirectory(directory.resolve("journal").toString());
        configuration.setBindingsDirectory(directory.resolve("bindings").toString());
        configuration.setPagingDirectory(directory.resolve("paging").toString());
        configuration.setLargeMessagesDirectory(directory.resolve("large").toString());
        configuration.setJournalMinFiles(2);
        configuration.setJournalFileSize(1024 * 1024);
        configuration.setMaxDiskUsage(-1);
        configuration.addAcceptorConfiguration("amqp", "tcp://127.0.0.1:" + port + "?protocols=AMQP");
        AddressSettings settings = new AddressSettings();
        settings.setDeadLetterAddress(SimpleString.of(DEAD));
        settings.setRedeliveryDelay(0);
        configuration.addAddressSetting("#", settings);
        for (String queue : Set.of(queues)) {
            add(configuration, queue);
        }
        add(configuration, DEAD);
        configuration.registerBrokerPlugin(new ActiveMQServerMessagePlugin() {
            @Override
            public void messageAcknowledged(
                    Transaction transaction, MessageReference reference, AckReason reason, ServerConsumer consumer) {
                if (reason == AckReason.NORMAL) {
                    acknowledged.add(body(reference));
                }
            }
        });
        running = new EmbeddedActiveMQ().setConfiguration(configuration);
        running.start();
    }

    private static void add(ConfigurationImpl configuration, String queue) {
        configuration.addAddressConfiguration(new CoreAddressConfiguration()
                .setName(queue)
                .addRoutingType(RoutingType.ANYCAST)
                .addQueueConfiguration(QueueConfiguration.of(queue).setRoutingType(RoutingType.ANYCAST)));
    }

    /** Stops in order: peers are told. */
    void stop() throws Exception {
        stop(connection -> connection.disconnect(false));
    }

    /** Cuts all connections, as when the process dies or the network does: no peer is told. Then it stops. */
    void cut() throws Exception {
        stop(connection -> connection.getTransportConnection().forceClose());
    }

    /**
     * Lets nobody in, ends all connections, and stops once it has done with what was under way on them. Artemis stopped
     * at once can lock itself up while it takes back what its consumers had, or leave threads behind that deliver for ever.
     */
    private void stop(Consumer<RemotingConnection> end) throws Exception {
        ActiveMQServer server = running.getActiveMQServer();
        if (!server.isStarted()) {
            return;
        }
        RemotingService remoting = server.getRemotingService();
        remoting.pauseAcceptors();
        try {
            await().pollDelay(Duration.ZERO).until(() -> {
                // Again and again: one may have been let in a moment before.
                new ArrayList<>(remoting.getConnections()).forEach(end);
                return server.getSessions().isEmpty();
            });
        } catch (ConditionTimeoutException unanswered) {
            new ArrayList<>(remoting.getConnections())
                    .forEach(connection -> connection.getTransportConnection().forceClose());
            await().until(() -> server.getSessions().isEmpty());
        }
        for (String queue : queues) {
            queue(queue).flushExecutor();
        }
        // Not by this thread: nothing ends it if the broker never stops.
        FutureTask<Void> stop = new FutureTask<>(() -> {
            running.stop();
            return null;
        });
        Thread thread = new Thread(stop, "stop of the broker");
        thread.setDaemon(true);
        thread.start();
        stop.get(STOP.toSeconds(), TimeUnit.SECONDS);
    }

    /** {@return the bodies of the messages whose acceptance has reached the broker, ever} */
    Set<String> acknowledged() {
        return acknowledged;
    }

    /** {@return how many messages are in a queue, those included that a receiver has not settled} */
    long messages(String queue) {
        return queue(queue).getMessageCount();
    }

    /** {@return the bodies of the messages in a queue that no receiver has} Those too that the broker has accepted and is about to put there. */
    List<String> bodies(String name) {
        List<String> bodies = new ArrayList<>();
        Queue queue = queue(name);
        queue.flushExecutor();
        try (LinkedListIterator<MessageReference> messages = queue.browserIterator()) {
            while (messages.hasNext()) {
                bodies.add(body(messages.next()));
            }
        }
        return bodies;
    }

    private Queue queue(String name) {
        return running.getActiveMQServer().locateQueue(SimpleString.of(name));
    }

    private static String body(MessageReference reference) {
        Message message = reference.getMessage();
        return message instanceof AMQPMessage amqp && amqp.getBody() instanceof AmqpValue value
                ? String.valueOf(value.getValue())
                : "not of AMQP";
    }

    @Override
    public void close() throws Exception {
        stop();
    }
}
