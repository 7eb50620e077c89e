package dev.proactor.spring.boot.internal.service;

import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** Connection details of a RabbitMQ container of Testcontainers. */
final class RabbitContainerConnectionDetailsFactory
        extends ContainerConnectionDetailsFactory<RabbitMQContainer, ProactorConnectionDetails> {

    RabbitContainerConnectionDetailsFactory() {}

    @Override
    protected ProactorConnectionDetails getContainerConnectionDetails(
            ContainerConnectionSource<RabbitMQContainer> source) {
        return new Details(source);
    }

    /** What the container says of itself, once it runs. */
    static final class Details extends ContainerConnectionDetails<RabbitMQContainer>
            implements ProactorConnectionDetails {

        Details(ContainerConnectionSource<RabbitMQContainer> source) {
            super(source);
        }

        @Override
        public List<String> getUris() {
            return List.of(
                    "amqp://" + getContainer().getHost() + ":" + getContainer().getMappedPort(Container.AMQP_PORT));
        }

        @Override
        public @Nullable String getUsername() {
            return getContainer().getAdminUsername();
        }

        @Override
        public @Nullable String getPassword() {
            return getContainer().getAdminPassword();
        }

        @Override
        public @Nullable String getConnection() {
            return Container.connection(getContainer().getLabels());
        }
    }
}
