package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver.Source;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.handler.OnError;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.Settlement;
import dev.proactor.spring.boot.internal.dispatch.ErrorMethods.ErrorMethod;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.SpringProxy;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.OrderUtils;
import org.springframework.util.ClassUtils;
import org.springframework.validation.Validator;

/**
 * Finds the handler methods of all beans once they are made, and fills the table with them. A method that could never be called
 * as it stands fails the start.
 */
public final class HandlerDetector implements SmartInitializingSingleton {

    private static final boolean REACTOR =
            ClassUtils.isPresent("reactor.core.publisher.Mono", HandlerDetector.class.getClassLoader());

    private static final MethodHandle GET;

    static {
        try {
            GET = MethodHandles.lookup()
                    .findVirtual(Source.class, "get", MethodType.methodType(Object.class, HandlerContext.class));
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final ConfigurableListableBeanFactory beans;
    private final HandlerTable table;
    private final SourceNames names;
    private final Arguments arguments;
    private final @Nullable HandlerTimings timings;

    /**
     * Makes a detector.
     *
     * @param beans where the beans are
     * @param table what it fills
     * @param names the names that are configured
     * @param resolvers the application's own kinds of argument
     * @param converters makes objects of bodies
     * @param conversions makes values of properties
     * @param validator checks bodies, or {@code null}
     * @param timings records the calls, or {@code null}
     */
    public HandlerDetector(
            ConfigurableListableBeanFactory beans,
            HandlerTable table,
            SourceNames names,
            List<HandlerArgumentResolver> resolvers,
            dev.proactor.spring.boot.internal.convert.MessageConverters converters,
            org.springframework.core.convert.ConversionService conversions,
            @Nullable Validator validator,
            @Nullable HandlerTimings timings) {
        this.beans = beans;
        this.table = table;
        this.names = names;
        this.arguments = new Arguments(resolvers, converters, conversions, validator);
        this.timings = timings;
    }

    @Override
    public void afterSingletonsInstantiated() {
        List<HandlerMethod> methods = new ArrayList<>();
        for (String bean : beans.getBeanNamesForType(Object.class, true, false)) {
            if (!ScopedProxyUtils.isScopedTarget(bean)) {
                Class<?> type = targetClass(bean);
                if (type != null && AnnotationUtils.isCandidateClass(type, List.of(OnEvent.class, OnError.class))) {
                    detect(bean, type, methods);
                }
            }
        }
        table.fill(methods);
    }

    private @Nullable Class<?> targetClass(String bean) {
        Class<?> type = AutoProxyUtils.determineTargetClass(beans, bean);
        if (type != null && SpringProxy.class.isAssignableFrom(type) && beans.containsSingleton(bean)) {
            type = AopUtils.getTargetClass(beans.getBean(bean));
        }
        return type == null ? null : ClassUtils.getUserClass(type);
    }

    private void detect(String bean, Class<?> type, List<HandlerMethod> into) {
        if (type.getName().startsWith("org.springframework.")) {
            return;
        }
        Map<Method, Set<OnEvent>> found = MethodIntrospector.selectMethods(type, (Method method) -> {
            Set<OnEvent> annotations = AnnotatedElementUtils.findAllMergedAnnotations(method, OnEvent.class);
            return annotations.isEmpty() ? null : annotations;
        });
        ProactorHandler handler = AnnotatedElementUtils.findMergedAnnotation(type, ProactorHandler.class);
        if (handler == null) {
            if (!found.isEmpty()) {
                Method method = found.keySet().iterator().next();
                throw new InvalidHandlerException(
                        name(type, method) + " would never be called: " + type.getName() + " is no handler",
                        "Annotate the class with @ProactorHandler.");
            }
            errorMethods(type).keySet().stream().findFirst().ifPresent(method -> {
                throw new InvalidHandlerException(
                        name(type, method) + " would never be called: @OnError methods are for handlers, and "
                                + type.getName() + " is none",
                        "Move it to the @ProactorHandler class whose exceptions it is for, or define a ProactorErrorHandler bean"
                                + " for all.");
            });
            return;
        }
        if (beans.containsBeanDefinition(bean) && !beans.isSingleton(bean)) {
            throw new InvalidHandlerException(
                    "Bean '" + bean + "' of " + type.getName() + " is of scope '"
                            + beans.getMergedBeanDefinition(bean).getScope()
                            + "': events come to an application, and to no one object of many",
                    "Make the handler a singleton.");
        }
        if (found.isEmpty()) {
            throw new InvalidHandlerException(
                    type.getName() + " is annotated with @ProactorHandler and has no method that could be called",
                    "Annotate a method with @OnMessage, @OnConnectionOpened, @OnEvent or another of their kind.");
        }
        SourceFilter ofClass = names.filter(
                "@ProactorHandler of " + type.getName(),
                handler.connections(),
                handler.listeners(),
                handler.addresses());
        ErrorMethods errors = errorMethods(bean, type);
        found.forEach((method, annotations) -> {
            for (OnEvent annotation : annotations) {
                into.add(handlerMethod(bean, type, method, annotation, ofClass, errors));
            }
        });
    }

    private static Map<Method, OnError> errorMethods(Class<?> type) {
        return MethodIntrospector.selectMethods(
                type, (Method method) -> AnnotatedElementUtils.findMergedAnnotation(method, OnError.class));
    }

    private ErrorMethods errorMethods(String bean, Class<?> type) {
        Map<Method, OnError> found = errorMethods(type);
        if (found.isEmpty()) {
            return ErrorMethods.NONE;
        }
        Map<Class<? extends Throwable>, ErrorMethod> byType = new LinkedHashMap<>();
        found.forEach((method, annotation) -> {
            String name = name(type, method);
            Class<?> returned = method.getReturnType();
            if (returned != void.class
                    && returned != Verdict.class
                    && !DeliveryState.class.isAssignableFrom(returned)) {
                throw new InvalidHandlerException(
                        name + " returns " + returned.getName() + ", which says nothing about the failure",
                        "Let it return void, a DeliveryState or a ProactorErrorHandler.Verdict.");
            }
            MethodHandle call =
                    call(beans.getBean(bean), type, method, name, parameter -> arguments.ofError(parameter, name));
            for (Class<? extends Throwable> exception : exceptions(method, annotation, name)) {
                ErrorMethod before = byType.put(exception, new ErrorMethod(exception, name, call));
                if (before != null) {
                    throw new InvalidHandlerException(
                            "Both " + before.name() + " and " + name + " are for " + exception.getName(),
                            "One of them would never be called. Name different exceptions.");
                }
            }
        });
        return new ErrorMethods(List.copyOf(byType.values()));
    }

    private static List<Class<? extends Throwable>> exceptions(Method method, OnError annotation, String name) {
        List<Class<? extends Throwable>> parameters = Arrays.stream(method.getParameterTypes())
                .filter(Throwable.class::isAssignableFrom)
                .<Class<? extends Throwable>>map(parameter -> parameter.asSubclass(Throwable.class))
                .toList();
        if (annotation.value().length == 0) {
            return parameters.isEmpty() ? List.of(Throwable.class) : parameters.subList(0, 1);
        }
        for (Class<? extends Throwable> exception : annotation.value()) {
            for (Class<?> parameter : parameters) {
                if (!parameter.isAssignableFrom(exception)) {
                    throw new InvalidHandlerException(
                            name + " is for " + exception.getName() + ", which its parameter of type "
                                    + parameter.getName() + " can't take",
                            "Let the parameter be a common supertype of what @OnError names.");
                }
            }
        }
        return List.of(annotation.value());
    }

    private static String name(Class<?> type, Method method) {
        return type.getSimpleName() + "." + method.getName();
    }

    private HandlerMethod handlerMethod(
            String bean, Class<?> type, Method method, OnEvent annotation, SourceFilter ofClass, ErrorMethods errors) {
        String name = name(type, method);
        Set<EventType> types = EnumSet.noneOf(EventType.class);
        types.addAll(Arrays.asList(annotation.value()));
        requireOneSource(name, types);
        SourceFilter ofMethod =
                names.filter(name, annotation.connections(), annotation.listeners(), annotation.addresses());
        requireReachable(name, types, ofClass, ofMethod);
        OnMessage onMessage = AnnotatedElementUtils.findMergedAnnotation(method, OnMessage.class);
        Settlement settlement = onMessage == null || annotation.occasion() != Occasion.MESSAGE
                ? Settlement.AUTO
                : onMessage.settlement();
        MethodHandle call = call(
                beans.getBean(bean),
                type,
                method,
                name,
                parameter -> arguments.of(parameter, name, types, annotation.occasion()));
        HandlerMethod.Result result = result(method, type, name, annotation.occasion(), settlement);
        return new HandlerMethod(
                name,
                types,
                annotation.occasion(),
                ofClass,
                ofMethod,
                links(method),
                order(type, method),
                result,
                settlement,
                call,
                errors,
                timings == null ? null : timings.of(event(types, annotation.occasion()), name));
    }

    private static void requireOneSource(String name, Set<EventType> types) {
        if (types.isEmpty()) {
            throw new InvalidHandlerException(
                    name + " would never be called: its @OnEvent names no event", "Name one or more types of event.");
        }
        Set<EventSource> sources = types.stream().map(EventType::source).collect(Collectors.toSet());
        if (sources.size() > 1) {
            throw new InvalidHandlerException(
                    name + " asks for events of different subjects: " + types,
                    "Events of connections, of listeners and of the proactor need methods of their own.");
        }
    }

    private static void requireReachable(
            String name, Set<EventType> types, SourceFilter ofClass, SourceFilter ofMethod) {
        String why = null;
        switch (types.iterator().next().source()) {
            case PROACTOR -> {
                if (!ofClass.takesNameless() || !ofMethod.takesNameless()) {
                    why =
                            "the proactor's own events are of no connection or listener, and connections or listeners are named";
                }
            }
            case LISTENER -> {
                if (ofClass.isExcluded(ConnectionRole.SERVER) || ofMethod.isExcluded(ConnectionRole.SERVER)) {
                    why = "its events are of listeners, and only connections are named";
                }
            }
            default -> {}
        }
        if (why == null && !ofClass.overlaps(ofMethod)) {
            why = "no connection, listener or address is in both what its class names and what it names itself";
        }
        if (why != null) {
            throw new InvalidHandlerException(
                    name + " would never be called: " + why, "Take names away from the class or from the method.");
        }
    }

    private static int order(Class<?> type, Method method) {
        Integer own = OrderUtils.getOrder(method);
        return own != null ? own : OrderUtils.getOrder(type, Ordered.LOWEST_PRECEDENCE);
    }

    private static HandlerMethod.Links links(Method method) {
        List<Class<?>> parameters = Arrays.asList(method.getParameterTypes());
        if (parameters.contains(Sender.class)) {
            return HandlerMethod.Links.SENDERS;
        }
        return parameters.contains(Receiver.class) ? HandlerMethod.Links.RECEIVERS : HandlerMethod.Links.ANY;
    }

    private static String event(Set<EventType> types, Occasion occasion) {
        if (occasion != Occasion.EACH_EVENT) {
            return occasion.name().toLowerCase(java.util.Locale.ROOT).replace('_', '.');
        }
        return types.size() > 1
                ? "several"
                : types.iterator()
                        .next()
                        .name()
                        .toLowerCase(java.util.Locale.ROOT)
                        .replace('_', '.');
    }

    // ---- what is called

    private static Method invocable(Object target, Class<?> type, Method method, String name) {
        if (!AopUtils.isAopProxy(target) && target.getClass() == type) {
            return method;
        }
        if (AopUtils.isJdkDynamicProxy(target)) {
            try {
                return AopUtils.selectInvocableMethod(method, target.getClass());
            } catch (IllegalStateException notInInterface) {
                throw new InvalidHandlerException(
                        name + " can't be called: the bean is a JDK proxy, and none of its interfaces has this method",
                        "Declare the method in an interface of the bean, or proxy its class"
                                + " (spring.aop.proxy-target-class=true).");
            }
        }
        String why = Modifier.isFinal(method.getModifiers())
                ? "final"
                : Modifier.isStatic(method.getModifiers())
                        ? "static"
                        : Modifier.isPrivate(method.getModifiers()) ? "private" : null;
        if (why != null) {
            throw new InvalidHandlerException(
                    name + " is " + why
                            + ", and its bean is proxied: the proxy does not pass the call on, the method would run"
                            + " without the bean's fields and advice",
                    "Remove '" + why + "' from " + type.getName() + "." + method.getName() + ".");
        }
        boolean packagePrivate =
                (method.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED | Modifier.PRIVATE)) == 0;
        if (packagePrivate
                && !method.getDeclaringClass()
                        .getPackage()
                        .equals(target.getClass().getPackage())) {
            throw new InvalidHandlerException(
                    name
                            + " is package-private in another package, and its bean is proxied: the proxy can't override the method,"
                            + " which would run without the bean's fields and advice",
                    "Make " + method.getDeclaringClass().getName() + "." + method.getName() + " protected or public.");
        }
        return method;
    }

    /** {@return a handle that takes a context and returns an object} It finds each argument, and calls the bean's method. */
    private MethodHandle call(
            Object target, Class<?> type, Method method, String name, Function<MethodParameter, Source> sources) {
        Method invocable = invocable(target, type, method, name);
        MethodHandle handle;
        try {
            handle = MethodHandles.privateLookupIn(invocable.getDeclaringClass(), MethodHandles.lookup())
                    .unreflect(invocable);
        } catch (IllegalAccessException denied) {
            throw new InvalidHandlerException(
                    name + " can't be called: " + denied.getMessage(),
                    "Open its package to dev.proactor.spring.boot, or make class and method public.");
        }
        if (!Modifier.isStatic(invocable.getModifiers())) {
            handle = handle.bindTo(target);
        }
        MethodHandle[] getters = new MethodHandle[method.getParameterCount()];
        for (int i = 0; i < getters.length; i++) {
            MethodParameter parameter = new MethodParameter(method, i).withContainingClass(type);
            Source source = sources.apply(parameter);
            getters[i] = GET.bindTo(source)
                    .asType(MethodType.methodType(handle.type().parameterType(i), HandlerContext.class));
        }
        MethodHandle toStage = REACTOR ? ReactiveReturns.toStage(method.getReturnType()) : null;
        handle = handle.asType(handle.type().changeReturnType(Object.class));
        if (toStage != null) {
            handle = MethodHandles.filterReturnValue(handle, toStage).asType(handle.type());
        }
        handle = MethodHandles.filterArguments(handle, 0, getters);
        if (getters.length == 0) {
            return MethodHandles.dropArguments(handle, 0, HandlerContext.class);
        }
        return MethodHandles.permuteArguments(
                handle, MethodType.methodType(Object.class, HandlerContext.class), new int[getters.length]);
    }

    private static HandlerMethod.Result result(
            Method method, Class<?> type, String name, Occasion occasion, Settlement settlement) {
        ResolvableType returned = ResolvableType.forMethodReturnType(method, type);
        Class<?> raw = returned.resolve(Object.class);
        if (raw == void.class) {
            return HandlerMethod.Result.NOTHING;
        }
        if (occasion != Occasion.MESSAGE) {
            throw new InvalidHandlerException(
                    name + " returns " + returned + ", and nobody would look at it", "Let it return void.");
        }
        if (settlement == Settlement.MANUAL) {
            throw new InvalidHandlerException(
                    name + " returns " + returned + " and settles by itself (settlement = MANUAL)",
                    "Let it return void, or leave the settlement to what it returns.");
        }
        if (DeliveryState.class.isAssignableFrom(raw)) {
            return HandlerMethod.Result.STATE;
        }
        if (CompletionStage.class.isAssignableFrom(raw) || (REACTOR && ReactiveReturns.toStage(raw) != null)) {
            return HandlerMethod.Result.STAGE;
        }
        if (Future.class.isAssignableFrom(raw)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(raw) != null) {
            throw new InvalidHandlerException(
                    name + " returns " + returned + ", which is neither one answer nor tells when there is one",
                    "Let it return void, a DeliveryState, the reply's body, or a CompletionStage or Mono of one of them.");
        }
        return HandlerMethod.Result.REPLY;
    }
}
