package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.beans.factory.aot.BeanRegistrationAotContribution;
import org.springframework.beans.factory.aot.BeanRegistrationAotProcessor;
import org.springframework.beans.factory.support.RegisteredBean;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** Ahead of time: what handler methods take as bodies and return as replies is read and written by reflection, where it is JSON. */
public final class BodyHints implements BeanRegistrationAotProcessor {

    private static final BindingReflectionHintsRegistrar REGISTRAR = new BindingReflectionHintsRegistrar();

    /** Made by Spring. */
    public BodyHints() {}

    @Override
    public @Nullable BeanRegistrationAotContribution processAheadOfTime(RegisteredBean bean) {
        Set<Type> types = new LinkedHashSet<>();
        for (Method method : MethodIntrospector.selectMethods(
                bean.getBeanClass(),
                (Method candidate) -> AnnotatedElementUtils.hasAnnotation(candidate, OnMessage.class))) {
            for (Parameter parameter : method.getParameters()) {
                if (parameter.isAnnotationPresent(Body.class)) {
                    types.add(parameter.getParameterizedType());
                }
            }
            Class<?> returned = method.getReturnType();
            if (returned != void.class && !DeliveryState.class.isAssignableFrom(returned)) {
                types.add(method.getGenericReturnType());
            }
        }
        return types.isEmpty()
                ? null
                : (generation, code) -> REGISTRAR.registerReflectionHints(
                        generation.getRuntimeHints().reflection(), types.toArray(Type[]::new));
    }
}
