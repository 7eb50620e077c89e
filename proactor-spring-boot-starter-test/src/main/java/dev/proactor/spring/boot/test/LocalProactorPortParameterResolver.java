package dev.proactor.spring.boot.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/** Resolves parameters with {@link LocalProactorPort}. */
final class LocalProactorPortParameterResolver implements ParameterResolver {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
        return parameter.isAnnotated(LocalProactorPort.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext extension) {
        Class<?> type = parameter.getParameter().getType();
        String wanted = "@LocalProactorPort at the parameter " + parameter.getParameter();
        if (type != int.class && type != Integer.class) {
            throw new ParameterResolutionException(wanted + ": a port is an int");
        }
        String name =
                parameter.findAnnotation(LocalProactorPort.class).orElseThrow().value();
        try {
            return LocalPorts.of(SpringExtension.getApplicationContext(extension), wanted, name);
        } catch (IllegalStateException none) {
            throw new ParameterResolutionException(String.valueOf(none.getMessage()), none);
        }
    }
}
