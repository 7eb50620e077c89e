package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.handler.ProactorMessageConverter;
import dev.proactor.spring.boot.internal.convert.DefaultMessageConverters;
import dev.proactor.spring.boot.internal.convert.JacksonConversion;
import dev.proactor.spring.boot.internal.convert.JsonConversion;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Conversions of message bodies, with JSON where the application has Jackson. */
@Configuration(proxyBeanMethods = false)
class MessageConvertersConfiguration {

    @Bean
    @ConditionalOnMissingBean
    MessageConverters proactorMessageConverters(
            ObjectProvider<ProactorMessageConverter> converters, ObjectProvider<JsonConversion> json) {
        return new DefaultMessageConverters(converters.orderedStream().toList(), json.getIfAvailable());
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    static class Json {

        @Bean
        @ConditionalOnBean(JsonMapper.class)
        @ConditionalOnMissingBean
        JsonConversion proactorJsonConversion(JsonMapper mapper) {
            return new JacksonConversion(mapper);
        }
    }
}
