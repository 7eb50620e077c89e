package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.ProactorHandler;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.util.ClassUtils;

/**
 * Fails the start of a child context with a handler that would never be called: the proactor is of the parent, and looks for handlers
 * there. Needs nothing but the beans' definitions, for a child may begin while the parent's beans are made.
 */
public final class ChildHandlers implements ApplicationListener<ContextRefreshedEvent> {

    private final ConfigurableListableBeanFactory beans;

    /**
     * Makes one.
     *
     * @param beans the beans of the context that has the proactor
     */
    public ChildHandlers(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
    }

    /** Contexts below ours tell us too that they have begun. */
    @Override
    public void onApplicationEvent(ContextRefreshedEvent event) {
        ApplicationContext child = event.getApplicationContext();
        if (child.getAutowireCapableBeanFactory() == beans
                || child.getBeanNamesForType(HandlerDetector.class, true, false).length != 0
                || !child.getEnvironment().getProperty("proactor.enabled", Boolean.class, true)) {
            return;
        }
        for (String bean : child.getBeanNamesForType(Object.class, true, false)) {
            if (child.findAnnotationOnBean(bean, ProactorHandler.class, false) != null && !isOfParentToo(child, bean)) {
                throw new InvalidHandlerException(
                        "The handler '" + bean
                                + "' would never be called: it is a bean of a child context, and the proactor, which looks"
                                + " for handlers in its own context only, is of the parent",
                        "Declare the handler in the parent context.");
            }
        }
    }

    /** Both may look for beans in the same packages; the parent's is called. */
    private boolean isOfParentToo(ApplicationContext child, String bean) {
        Class<?> type = child.getType(bean, false);
        return type != null && beans.getBeanNamesForType(ClassUtils.getUserClass(type), true, false).length != 0;
    }
}
