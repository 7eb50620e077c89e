package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** Properties of the proactor. */
@ConfigurationProperties("proactor")
public class ProactorProperties {

    /** Whether there is a proactor at all. */
    private boolean enabled = true;

    /** Whether connections and listeners start with the application. */
    private boolean autoStartup = true;

    /** Whether the application lives on for its connections and listeners, without a web server: auto where it listens or receives. */
    private KeepAlive keepAlive = KeepAlive.AUTO;

    /** How many threads handle events; twice the processors and at least 4 by default. One more reads, writes and sends heartbeats while all of them are busy. */
    private @Nullable Integer threads;

    /** The bean of the Executor that handles events; by default the threads of proactor.threads, or virtual threads if spring.threads.virtual.enabled is set. */
    private @Nullable String executor;

    /** The AMQP container id, which must differ between instances; the application's name and a random part by default. */
    private @Nullable String containerId;

    /** Whether what no handler answers is answered: opens and closes of the peer mirrored, links that nobody claims refused. */
    private boolean defaultResponses = true;

    /** Connections that are made, by their names. */
    private Map<String, ConnectionProperties> connections = new LinkedHashMap<>();

    /** Ports that are listened on, by their names. */
    private Map<String, ListenerProperties> listeners = new LinkedHashMap<>();

    /** Observation of messages. */
    private Observation observation = new Observation();

    /** Logging. */
    private Logging logging = new Logging();

    /** Sending by the template. */
    private Template template = new Template();

    /** The end of the application. */
    private Shutdown shutdown = new Shutdown();

    public boolean isEnabled() {
        return enabled;
    }

    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    public boolean isAutoStartup() {
        return autoStartup;
    }

    public void setAutoStartup(boolean autoStartup) {
        this.autoStartup = autoStartup;
    }

    public KeepAlive getKeepAlive() {
        return keepAlive;
    }

    public void setKeepAlive(KeepAlive keepAlive) {
        this.keepAlive = keepAlive;
    }

    public @Nullable Integer getThreads() {
        return threads;
    }

    public void setThreads(@Nullable Integer threads) {
        this.threads = threads;
    }

    public @Nullable String getExecutor() {
        return executor;
    }

    public void setExecutor(@Nullable String executor) {
        this.executor = executor;
    }

    public @Nullable String getContainerId() {
        return containerId;
    }

    public void setContainerId(@Nullable String containerId) {
        this.containerId = containerId;
    }

    public boolean isDefaultResponses() {
        return defaultResponses;
    }

    public void setDefaultResponses(boolean defaultResponses) {
        this.defaultResponses = defaultResponses;
    }

    public Map<String, ConnectionProperties> getConnections() {
        return connections;
    }

    public Map<String, ListenerProperties> getListeners() {
        return listeners;
    }

    public Observation getObservation() {
        return observation;
    }

    public Logging getLogging() {
        return logging;
    }

    public void setLogging(Logging logging) {
        this.logging = logging;
    }

    public Template getTemplate() {
        return template;
    }

    public Shutdown getShutdown() {
        return shutdown;
    }

    /** Observation of messages. */
    public static class Observation {

        /** Whether each message that is handled or sent is observed, where there is an ObservationRegistry. */
        private boolean enabled = true;

        public boolean isEnabled() {
            return enabled;
        }

        public void setEnabled(boolean enabled) {
            this.enabled = enabled;
        }
    }

    /** {@return the names of connections and listeners} */
    ConfiguredNames names() {
        return new ConfiguredNames(connections.keySet(), listeners.keySet());
    }

    /** {@return how many threads handle events} */
    int effectiveThreads() {
        if (threads == null) {
            return Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        }
        return Checks.inRange("proactor.threads", threads, 1, 10_000, "a number of threads");
    }

    /** {@return the container id to use} Two instances of an application must differ in it, for it is part of their links' names. */
    String effectiveContainerId(Environment environment) {
        if (containerId != null) {
            return Checks.notEmpty("proactor.container-id", containerId, "a name that no other instance has");
        }
        String application = environment.getProperty("spring.application.name");
        return (StringUtils.hasText(application) ? application : "proactor") + "-" + UUID.randomUUID();
    }

    /** Whether the application lives on. */
    public enum KeepAlive {
        /** Where there is a listener, or a handler that receives on a connection. */
        AUTO,
        /** Always. */
        TRUE,
        /** Never. */
        FALSE
    }

    /** Logging. */
    public static class Logging {

        /** Whether lines that a handler's thread logs have proactor.connection, proactor.peer and proactor.address in their MDC. */
        private boolean mdc;

        public boolean isMdc() {
            return mdc;
        }

        public void setMdc(boolean mdc) {
            this.mdc = mdc;
        }
    }

    /** Sending by the template. */
    public static class Template {

        /** The connection that the template uses where none is named; the sole one by default. */
        private @Nullable String connection;

        /** How long a send may take until its outcome is there. */
        private Duration timeout = Duration.ofSeconds(10);

        /** How many messages may wait on one connection or listener, to be sent or for their outcome. */
        private int maxPending = 1000;

        public @Nullable String getConnection() {
            return connection;
        }

        public void setConnection(@Nullable String connection) {
            this.connection = connection;
        }

        public Duration getTimeout() {
            return timeout;
        }

        public void setTimeout(Duration timeout) {
            this.timeout = timeout;
        }

        public int getMaxPending() {
            return maxPending;
        }

        public void setMaxPending(int maxPending) {
            this.maxPending = maxPending;
        }

        TemplateSettings toSettings() {
            String name = "proactor.template.timeout";
            if (Checks.timeout(name, timeout).isZero()) {
                throw Checks.invalid(name, timeout, "must be more than 0: a message has no outcome at once");
            }
            Checks.inRange("proactor.template.max-pending", maxPending, 1, Integer.MAX_VALUE, "a number of messages");
            return new TemplateSettings(timeout, maxPending, connection);
        }
    }

    /** The end of the application. */
    public static class Shutdown {

        /** How long handlers may take to finish what they have. */
        private Duration gracePeriod = Duration.ofSeconds(20);

        public Duration getGracePeriod() {
            return gracePeriod;
        }

        public void setGracePeriod(Duration gracePeriod) {
            this.gracePeriod = gracePeriod;
        }
    }
}
