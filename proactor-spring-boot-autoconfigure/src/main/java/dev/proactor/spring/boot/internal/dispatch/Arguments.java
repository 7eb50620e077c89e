package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.Event;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver.Source;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.MessageAnnotation;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.MessageProperty;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.validation.Validator;

/**
 * Where the arguments of handler methods come from. Used when the application starts; what it returns is used for every call.
 */
final class Arguments {

    /** An argument that is known by its type, and which events have it. */
    private record Known(Predicate<EventType> at, boolean onLinkClosed, String where, Source source) {}

    private static final String AT_LINKS = "events of links and deliveries";

    private static final Map<Class<?>, Known> BY_TYPE = Map.ofEntries(
            Map.entry(Event.class, new Known(type -> true, true, "all events", HandlerContext::event)),
            Map.entry(Proactor.class, new Known(type -> true, true, "all events", HandlerContext::proactor)),
            Map.entry(
                    Listener.class,
                    new Known(
                            type -> type.source() == EventSource.LISTENER,
                            false,
                            "LISTENER_… events",
                            context -> context.event().listener())),
            Map.entry(Connection.class, ofConnections(HandlerContext::connection)),
            Map.entry(Transport.class, ofConnections(context -> context.event().transport())),
            Map.entry(CloseReason.class, ofConnections(HandlerContext::closeReason)),
            Map.entry(
                    Session.class,
                    new Known(
                            type -> type.name().startsWith("SESSION_") || isLinks(type),
                            true,
                            "events of sessions, links and deliveries",
                            Arguments::session)),
            Map.entry(Link.class, new Known(Arguments::isLinks, true, AT_LINKS, HandlerContext::link)),
            Map.entry(Sender.class, new Known(Arguments::isLinks, true, AT_LINKS, HandlerContext::link)),
            Map.entry(Receiver.class, new Known(Arguments::isLinks, true, AT_LINKS, HandlerContext::link)),
            Map.entry(Delivery.class, ofDeliveries(HandlerContext::delivery)),
            Map.entry(DeliveryState.class, ofDeliveries(Arguments::remoteState)),
            Map.entry(
                    ErrorCondition.class,
                    new Known(
                            Arguments::isEnd,
                            true,
                            "events that end something (@OnLinkClosed, @OnConnectionClosed, @OnTransportError;"
                                    + " …_CLOSE, …_DETACH, TRANSPORT_ERROR, TRANSPORT_CLOSED)",
                            HandlerContext::condition)));

    private static final List<Class<?>> TYPES = Stream.concat(BY_TYPE.keySet().stream(), Stream.of(Message.class))
            .sorted(Comparator.comparing(Class::getSimpleName))
            .toList();
    private static final String NAMES = TYPES.stream().map(Class::getSimpleName).collect(Collectors.joining(", "));

    private final List<HandlerArgumentResolver> resolvers;
    private final MessageConverters converters;
    private final ConversionService conversions;
    private final @Nullable Validator validator;

    Arguments(
            List<HandlerArgumentResolver> resolvers,
            MessageConverters converters,
            ConversionService conversions,
            @Nullable Validator validator) {
        this.resolvers = resolvers;
        this.converters = converters;
        this.conversions = conversions;
        this.validator = validator;
    }

    private static Known ofConnections(Source source) {
        return new Known(type -> type.source() == EventSource.CONNECTION, true, "events of connections", source);
    }

    private static Known ofDeliveries(Source source) {
        return new Known(type -> type == EventType.DELIVERY, false, "DELIVERY events", source);
    }

    private static boolean isLinks(EventType type) {
        return type.name().startsWith("LINK_") || type == EventType.DELIVERY;
    }

    private static boolean isEnd(EventType type) {
        return type.name().endsWith("_CLOSE")
                || type.name().endsWith("_DETACH")
                || type == EventType.TRANSPORT_ERROR
                || type == EventType.TRANSPORT_CLOSED;
    }

    private static @Nullable Session session(HandlerContext context) {
        Link link = context.link();
        return link == null ? context.event().session() : link.getSession();
    }

    private static @Nullable DeliveryState remoteState(HandlerContext context) {
        Delivery delivery = context.delivery();
        return delivery == null ? null : delivery.getRemoteState();
    }

    /**
     * Says where the arguments for a parameter come from.
     *
     * @throws InvalidHandlerException if they come from nowhere
     */
    Source of(MethodParameter parameter, String method, Set<EventType> types, Occasion occasion) {
        for (HandlerArgumentResolver resolver : resolvers) {
            Source source = resolver.resolve(parameter);
            if (source != null) {
                return source;
            }
        }
        Source annotated = annotated(parameter, method, types, occasion);
        if (annotated != null) {
            return annotated;
        }
        Class<?> type = parameter.getParameterType();
        if (type == Message.class) {
            requireMessage(parameter, method, occasion, "a Message");
            return HandlerContext::message;
        }
        Known known = BY_TYPE.get(type);
        if (known == null) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: there is no argument of type "
                            + ResolvableType.forMethodParameter(parameter),
                    namesake(type)
                            + "For the message's body annotate it with @Body, for the link's address with @Address, for a property with @ApplicationProperty,"
                            + " @MessageAnnotation or @MessageProperty; else use one of " + NAMES
                            + ", or define a HandlerArgumentResolver bean that knows this type.");
        }
        for (EventType event : types) {
            boolean has = known.at().test(event) || (occasion == Occasion.LINK_CLOSED && known.onLinkClosed());
            if (!has) {
                throw new InvalidHandlerException(
                        describe(parameter, method) + " can't be resolved: " + describe(event, occasion) + " has no "
                                + type.getSimpleName(),
                        "Arguments of this type are there for " + known.where() + ". " + takeAway(occasion));
            }
        }
        requireLinkRole(parameter, method, type, occasion);
        return known.source();
    }

    /**
     * Says where the arguments for a parameter of an {@code @OnError} method come from.
     *
     * @throws InvalidHandlerException if they come from nowhere
     */
    Source ofError(MethodParameter parameter, String method) {
        Class<?> type = parameter.getParameterType();
        if (Throwable.class.isAssignableFrom(type)) {
            return context -> ((FailureContext) context).failure();
        }
        if (type == HandlerContext.class) {
            return context -> context;
        }
        if (type == String.class && parameter.hasParameterAnnotation(Address.class)) {
            return HandlerContext::address;
        }
        if (type == Message.class) {
            return orNone(HandlerContext::message);
        }
        Known known = BY_TYPE.get(type);
        if (known == null) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: an @OnError method has no argument of type "
                            + ResolvableType.forMethodParameter(parameter),
                    namesake(type)
                            + "Use the exception, HandlerContext, Event, Proactor, Connection, Link, Delivery, Message or an @Address String.");
        }
        return orNone(known.source());
    }

    /** What failed may have been no message, or an event that is over. */
    private static Source orNone(Source source) {
        return context -> {
            try {
                return source.get(context);
            } catch (IllegalStateException | MessageConversionException none) {
                return null;
            }
        };
    }

    private static void requireLinkRole(MethodParameter parameter, String method, Class<?> type, Occasion occasion) {
        Class<?> never = switch (occasion) {
            case MESSAGE -> Sender.class;
            case SETTLED, SENDABLE -> Receiver.class;
            default -> null;
        };
        if (type == never) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: the link is always a "
                            + (type == Sender.class ? "Receiver" : "Sender"),
                    "Change the parameter's type, or use Link.");
        }
    }

    private static Source address(MethodParameter parameter, String method, Set<EventType> types, Occasion occasion) {
        if (parameter.getParameterType() != String.class) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: an @Address is a String", "Make it a String.");
        }
        for (EventType event : types) {
            if (!isLinks(event) && occasion != Occasion.LINK_CLOSED) {
                throw new InvalidHandlerException(
                        describe(parameter, method) + " can't be resolved: " + describe(event, occasion)
                                + " has no address",
                        "Addresses are there for " + AT_LINKS + ". " + takeAway(occasion));
            }
        }
        return HandlerContext::address;
    }

    private @Nullable Source annotated(
            MethodParameter parameter, String method, Set<EventType> types, Occasion occasion) {
        ApplicationProperty property = parameter.getParameterAnnotation(ApplicationProperty.class);
        MessageAnnotation annotation = parameter.getParameterAnnotation(MessageAnnotation.class);
        MessageProperty standard = parameter.getParameterAnnotation(MessageProperty.class);
        if (property != null) {
            requireMessage(parameter, method, occasion, "@ApplicationProperty");
            String key = property.value();
            return converted(parameter, "application property '" + key + "'", message -> {
                var properties = message.getApplicationProperties();
                return properties == null || properties.getValue() == null
                        ? null
                        : properties.getValue().get(key);
            });
        }
        if (annotation != null) {
            requireMessage(parameter, method, occasion, "@MessageAnnotation");
            Symbol key = Symbol.valueOf(annotation.value());
            return converted(parameter, "message annotation '" + key + "'", message -> {
                var annotations = message.getMessageAnnotations();
                return annotations == null || annotations.getValue() == null
                        ? null
                        : annotations.getValue().get(key);
            });
        }
        if (standard != null) {
            requireMessage(parameter, method, occasion, "@MessageProperty");
            Function<Message, @Nullable Object> getter = StandardProperties.getter(standard.value());
            if (getter == null) {
                throw new InvalidHandlerException(
                        describe(parameter, method) + " can't be resolved: AMQP has no property '" + standard.value()
                                + "'",
                        "The standard properties are " + StandardProperties.names() + ".");
            }
            return converted(parameter, "property '" + standard.value() + "'", getter);
        }
        if (parameter.hasParameterAnnotation(Address.class)) {
            return address(parameter, method, types, occasion);
        }
        if (parameter.hasParameterAnnotation(Body.class)) {
            requireMessage(parameter, method, occasion, "@Body");
            return body(parameter, method);
        }
        return null;
    }

    private Source body(MethodParameter parameter, String method) {
        boolean optional = parameter.isOptional();
        MethodParameter inner = parameter.nestedIfOptional();
        MessageConverters.Reader reader = converters.reader(inner.getNestedGenericParameterType());
        if (reader == null) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: nothing makes a "
                            + ResolvableType.forMethodParameter(inner) + " of a message's body",
                    converters.remedy()
                            + ", or define a ProactorMessageConverter bean that reads this type; String, byte[], Map and Object are always possible.");
        }
        boolean wraps = parameter.getParameterType() == Optional.class;
        BodyValidation validation = BodyValidation.of(parameter, describe(parameter, method), validator);
        return context -> {
            Message message = context.message();
            Object value = optional && message.getBody() == null ? null : read(reader, message);
            if (value == null && !optional) {
                throw new MessageConversionException("the body is null");
            }
            if (validation != null && value != null) {
                validation.check(value);
            }
            return wraps ? Optional.ofNullable(value) : value;
        };
    }

    /** What a converter of the application throws, whatever it is, says that this message does not fit. */
    private static @Nullable Object read(MessageConverters.Reader reader, Message message) {
        try {
            return reader.read(message);
        } catch (MessageConversionException unfit) {
            throw unfit;
        } catch (RuntimeException unfit) {
            throw new MessageConversionException("the body can't be converted", unfit);
        }
    }

    private Source converted(MethodParameter parameter, String what, Function<Message, @Nullable Object> getter) {
        boolean optional = parameter.isOptional();
        MethodParameter inner = parameter.nestedIfOptional();
        boolean wraps = parameter.getParameterType() == Optional.class;
        TypeDescriptor wanted = wraps ? new TypeDescriptor(inner) : new TypeDescriptor(parameter);
        return context -> {
            Object value = getter.apply(context.message());
            if (value == null && !optional) {
                throw new MessageConversionException(what + " is missing");
            }
            Object converted = value == null ? null : convert(value, wanted, what);
            return wraps ? Optional.ofNullable(converted) : converted;
        };
    }

    private @Nullable Object convert(Object value, TypeDescriptor wanted, String what) {
        if (wanted.getObjectType().isInstance(value)) {
            return value;
        }
        if (wanted.getType() == String.class) {
            return value.toString();
        }
        try {
            return conversions.convert(value, TypeDescriptor.forObject(value), wanted);
        } catch (ConversionException unfit) {
            throw new MessageConversionException(
                    what + " is no " + wanted.getObjectType().getSimpleName(), unfit);
        }
    }

    private static void requireMessage(MethodParameter parameter, String method, Occasion occasion, String what) {
        if (occasion != Occasion.MESSAGE) {
            throw new InvalidHandlerException(
                    describe(parameter, method) + " can't be resolved: " + what + " is there only with @OnMessage",
                    "Make it an @OnMessage method, or take the parameter away.");
        }
    }

    /** Other libraries, and proton-j itself, have types that are called the same. */
    private static String namesake(Class<?> type) {
        for (Class<?> known : TYPES) {
            if (known != type && known.getSimpleName().equals(type.getSimpleName())) {
                return "Did you mean " + known.getName() + "? This is " + type.getName() + ". ";
            }
        }
        return "";
    }

    /** {@return what stands in the application's source: the annotation, where it means an event of its own} */
    private static String describe(EventType event, Occasion occasion) {
        return switch (occasion) {
            case EACH_EVENT -> event.name();
            case MESSAGE -> "@OnMessage";
            case SETTLED -> "@OnSettled";
            case SENDABLE -> "@OnSendable";
            case CONNECTION_OPENED -> "@OnConnectionOpened";
            case CONNECTION_CLOSED -> "@OnConnectionClosed";
            case LINK_OPENED -> "@OnLinkOpened";
            case LINK_CLOSED -> "@OnLinkClosed";
        };
    }

    private static String takeAway(Occasion occasion) {
        return occasion == Occasion.EACH_EVENT
                ? "Take the parameter away, or the event."
                : "Take the parameter away, or use another annotation.";
    }

    private static String describe(MethodParameter parameter, String method) {
        String name = parameter.getParameter().getName();
        return "Parameter " + parameter.getParameterIndex() + " ('" + name + "') of " + method;
    }
}
