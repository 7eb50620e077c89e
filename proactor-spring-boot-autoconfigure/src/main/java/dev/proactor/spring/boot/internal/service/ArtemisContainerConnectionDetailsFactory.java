package dev.proactor.spring.boot.internal.service;

import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.activemq.ArtemisContainer;

/** Connection details of an Artemis container of Testcontainers. */
final class ArtemisContainerConnectionDetailsFactory
        extends ContainerConnectionDetailsFactory<ArtemisContainer, ProactorConnectionDetails> {

    ArtemisContainerConnectionDetailsFactory() {}

    @Override
    protected ProactorConnectionDetails getContainerConnectionDetails(
            ContainerConnectionSource<ArtemisContainer> source) {
        return new Details(source);
    }

    /** What the container says of itself, once it runs. */
    static final class Details extends ContainerConnectionDetails<ArtemisContainer>
            implements ProactorConnectionDetails {

        Details(ContainerConnectionSource<ArtemisContainer> source) {
            super(source);
        }

        @Override
        public List<String> getUris() {
            return List.of(
                    "amqp://" + getContainer().getHost() + ":" + getContainer().getMappedPort(Container.AMQP_PORT));
        }

        @Override
        public @Nullable String getUsername() {
            return getContainer().getUser();
        }

        @Override
        public @Nullable String getPassword() {
            return getContainer().getPassword();
        }

        @Override
        public @Nullable String getConnection() {
            return Container.connection(getContainer().getLabels());
        }
    }
}
