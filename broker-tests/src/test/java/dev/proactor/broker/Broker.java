package dev.proactor.broker;

import java.nio.file.Path;
import java.util.Set;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/** An Artemis broker that keeps its queues on disk while it is stopped. */
final class Broker implements AutoCloseable {

    static final String DEAD = "dead";

    private final Path directory;
    private final int port;
    private final String[] queues;
    private EmbeddedActiveMQ running;

    Broker(Path directory, int port, String... queues) throws Exception {
        this.directory = directory;
        this.port = port;
        this.queues = queues;
        start();
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
        running = new EmbeddedActiveMQ().setConfiguration(configuration);
        running.start();
    }

    private static void add(ConfigurationImpl configuration, String queue) {
        configuration.addAddressConfiguration(new CoreAddressConfiguration()
                .setName(queue)
                .addRoutingType(RoutingType.ANYCAST)
                .addQueueConfiguration(QueueConfiguration.of(queue).setRoutingType(RoutingType.ANYCAST)));
    }

    void stop() throws Exception {
        running.stop();
    }

    /** {@return how many messages are in a queue, those included that a receiver has not settled} */
    long messages(String queue) {
        return running.getActiveMQServer().locateQueue(SimpleString.of(queue)).getMessageCount();
    }

    @Override
    public void close() throws Exception {
        stop();
    }
}
