package dev.proactor.spring.boot.internal.convert;

import org.jspecify.annotations.Nullable;

public class DefaultMessageConverters implements MessageConverters {
    public DefaultMessageConverters(
            java.util.List<dev.proactor.spring.boot.handler.ProactorMessageConverter> c, @Nullable JsonConversion j) {}

    public @Nullable Reader reader(java.lang.reflect.Type t) {
        return m -> String.valueOf(((org.apache.qpid.proton.amqp.messaging.AmqpValue) m.getBody()).getValue());
    }

    public org.apache.qpid.proton.message.Message write(Object o) {
        throw new UnsupportedOperationException();
    }
}
