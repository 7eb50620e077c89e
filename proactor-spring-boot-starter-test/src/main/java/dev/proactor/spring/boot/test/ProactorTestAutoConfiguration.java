package dev.proactor.spring.boot.test;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorProperties;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of tests with {@link AutoConfigureProactor}: listeners at free ports of the loopback interface. */
@AutoConfiguration(before = ProactorAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty(name = "proactor.test.random-ports", matchIfMissing = true)
public final class ProactorTestAutoConfiguration {

    @Bean
    static BeanPostProcessor proactorRandomPorts() {
        return new RandomPorts();
    }

    /** After the properties were bound, and before a listener is made of them. */
    private static final class RandomPorts implements BeanPostProcessor {
        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            if (bean instanceof ProactorProperties properties) {
                properties.getListeners().values().forEach(listener -> {
                    listener.setHost("localhost");
                    listener.setPort(0);
                });
            }
            return bean;
        }
    }
}
