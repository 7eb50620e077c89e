package dev.proactor.spring.boot.test;

import java.lang.reflect.Field;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;
import org.springframework.util.ReflectionUtils;

/** Sets fields with {@link LocalProactorPort}; again before each method, for the port may be another one. */
final class LocalProactorPortTestExecutionListener implements TestExecutionListener {

    @Override
    public void prepareTestInstance(TestContext test) {
        setFields(test);
    }

    @Override
    public void beforeTestMethod(TestContext test) {
        setFields(test);
    }

    private static void setFields(TestContext test) {
        ReflectionUtils.doWithFields(
                test.getTestClass(),
                field -> setField(test, field),
                field -> AnnotatedElementUtils.isAnnotated(field, LocalProactorPort.class));
    }

    private static void setField(TestContext test, Field field) {
        String wanted = "@LocalProactorPort at the field " + field.getName() + " of "
                + field.getDeclaringClass().getSimpleName();
        if ((field.getType() != int.class && field.getType() != Integer.class)
                || java.lang.reflect.Modifier.isFinal(field.getModifiers())) {
            throw new IllegalStateException(wanted + ": the field must be an int that is not final");
        }
        LocalProactorPort annotation = AnnotatedElementUtils.findMergedAnnotation(field, LocalProactorPort.class);
        String name = annotation == null ? "" : annotation.value();
        ReflectionUtils.makeAccessible(field);
        ReflectionUtils.setField(
                field, test.getTestInstance(), LocalPorts.of(test.getApplicationContext(), wanted, name));
    }
}
