package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.handler.ProactorMessageConverter;
import dev.proactor.spring.boot.internal.convert.DefaultMessageConverters;
import dev.proactor.spring.boot.internal.convert.JacksonConversion;
import dev.proactor.spring.boot.internal.convert.JsonConversion;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import java.util.Arrays;
import java.util.List;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.json.JsonMapper;

/** Conversions of message bodies, with JSON where the application has Jackson. */
@Configuration(proxyBeanMethods = false)
class MessageConvertersConfiguration {

    private static final boolean JACKSON = ClassUtils.isPresent(
            "tools.jackson.databind.json.JsonMapper", MessageConvertersConfiguration.class.getClassLoader());

    @Bean
    @ConditionalOnMissingBean
    MessageConverters proactorMessageConverters(
            ObjectProvider<ProactorMessageConverter> converters,
            ObjectProvider<JsonConversion> json,
            ListableBeanFactory beans) {
        return new DefaultMessageConverters(
                converters.orderedStream().toList(), json.getIfAvailable(), JACKSON ? Json.mappers(beans) : List.of());
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    static class Json {

        @Bean
        @ConditionalOnSingleCandidate(JsonMapper.class)
        @ConditionalOnMissingBean
        JsonConversion proactorJsonConversion(JsonMapper mapper) {
            return new JacksonConversion(mapper);
        }

        static List<String> mappers(ListableBeanFactory beans) {
            return Arrays.asList(beans.getBeanNamesForType(JsonMapper.class, true, false));
        }
    }
}
