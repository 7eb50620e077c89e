package dev.proactor.spring.boot.internal.service;

import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;

/** Connection details of an Artemis service of Docker Compose. */
final class ArtemisDockerComposeConnectionDetailsFactory
        extends DockerComposeConnectionDetailsFactory<ProactorConnectionDetails> {

    ArtemisDockerComposeConnectionDetailsFactory() {
        super(new String[] {"apache/activemq-artemis", "apache/artemis"});
    }

    @Override
    protected ProactorConnectionDetails getDockerComposeConnectionDetails(DockerComposeConnectionSource source) {
        return new Details(source.getRunningService());
    }

    /** What the service says of itself. */
    static final class Details extends DockerComposeConnectionDetails implements ProactorConnectionDetails {

        private final String uri;
        private final Container container;

        Details(RunningService service) {
            super(service);
            this.uri = "amqp://" + service.host() + ":" + service.ports().get(Container.AMQP_PORT);
            this.container = Container.artemis(service.env(), service.labels());
        }

        @Override
        public List<String> getUris() {
            return List.of(uri);
        }

        @Override
        public @Nullable String getUsername() {
            return container.user();
        }

        @Override
        public @Nullable String getPassword() {
            return container.password();
        }

        @Override
        public @Nullable String getConnection() {
            return container.connection();
        }
    }
}
