package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.MessageProperty;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnError;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnListenerOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnTimeout;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.Settlement;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.dispatch.elsewhere.Inherited;
import java.lang.reflect.Type;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.env.StandardEnvironment;

class HandlerDetectorTest {

    private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
    private final HandlerTable table = new HandlerTable();

    private void detect(Object... handlers) {
        detect(List.of(), handlers);
    }

    private void detect(List<HandlerArgumentResolver> resolvers, Object... handlers) {
        for (int i = 0; i < handlers.length; i++) {
            beans.registerSingleton("handler" + i, handlers[i]);
        }
        new HandlerDetector(
                        beans,
                        table,
                        new SourceNames(
                                List.of("orders", "billing"),
                                List.of("ingress"),
                                new StandardEnvironment()::resolveRequiredPlaceholders),
                        resolvers,
                        new OnlyStrings(),
                        ApplicationConversionService.getSharedInstance(),
                        null,
                        null)
                .afterSingletonsInstantiated();
    }

    private static void assertFails(Runnable detection, String problem, String remedy) {
        assertThatThrownBy(detection::run).isInstanceOfSatisfying(InvalidHandlerException.class, failure -> {
            assertThat(failure).hasMessageContaining(problem);
            assertThat(failure.remedy()).contains(remedy);
        });
    }

    @ProactorHandler(listeners = "ingres")
    static class UnknownListener {
        @OnMessage
        void message(Message message) {}
    }

    @Test
    void anUnknownListenerIsNamedWithTheNearestOne() {
        assertFails(() -> detect(new UnknownListener()), "the listener 'ingres'", "Did you mean 'ingress'?");
    }

    @ProactorHandler
    static class TwoForOneException {
        @OnMessage
        void message(Message message) {}

        @OnError
        void one(IllegalStateException failure) {}

        @OnError(IllegalStateException.class)
        void two() {}
    }

    @ProactorHandler
    static class ErrorThatCantBeTaken {
        @OnMessage
        void message(Message message) {}

        @OnError(Exception.class)
        void failed(IllegalStateException failure) {}
    }

    @ProactorHandler
    static class ErrorThatReturnsText {
        @OnMessage
        void message(Message message) {}

        @OnError
        String failed(Exception failure) {
            return "nobody reads it";
        }
    }

    @ProactorHandler
    static class ErrorWithABody {
        @OnMessage
        void message(Message message) {}

        @OnError
        void failed(Exception failure, @Body String body) {}
    }

    @Test
    void errorMethodsThatWouldNeverBeCalledOrSayNothingFailTheStart() {
        assertFails(() -> detect(new TwoForOneException()), "are for java.lang.IllegalStateException", "different");
        beans.destroySingletons();
        assertFails(() -> detect(new ErrorThatCantBeTaken()), "is for java.lang.Exception", "supertype");
        beans.destroySingletons();
        assertFails(() -> detect(new ErrorThatReturnsText()), "returns java.lang.String", "DeliveryState");
        beans.destroySingletons();
        assertFails(() -> detect(new ErrorWithABody()), "no argument of type java.lang.String", "HandlerContext");
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class NothingInCommon {
        @OnMessage(addresses = "commands/*")
        void message(Message message) {}
    }

    @ProactorHandler(connections = "orders")
    static class OtherSource {
        @OnMessage(listeners = "ingress")
        void message(Message message) {}
    }

    @ProactorHandler(listeners = "ingress")
    static class ProactorsOwnEvents {
        @OnTimeout
        void timeout() {}
    }

    @ProactorHandler(connections = "orders")
    static class ListenersOfConnections {
        @OnListenerOpened
        void opened() {}
    }

    static class ErrorsOfNobody {
        @OnError
        void failed(Exception failure) {}
    }

    @ProactorHandler(listeners = "*", addresses = "readings/**")
    static class Nested {
        @OnMessage(listeners = "ingress", addresses = "readings/*/urgent")
        void message(Message message) {}
    }

    @Test
    void methodsThatWouldNeverBeCalledFailTheStart() {
        assertFails(
                () -> detect(new NothingInCommon()),
                "NothingInCommon.message would never be called: no connection, listener or address",
                "Take names away");
        beans.destroySingletons();
        assertFails(() -> detect(new OtherSource()), "OtherSource.message would never be called", "Take names away");
        beans.destroySingletons();
        assertFails(() -> detect(new ProactorsOwnEvents()), "the proactor's own events", "Take names away");
        beans.destroySingletons();
        assertFails(() -> detect(new ListenersOfConnections()), "only connections are named", "Take names away");
        beans.destroySingletons();
        assertFails(() -> detect(new ErrorsOfNobody()), "@OnError methods are for handlers", "ProactorErrorHandler");
        beans.destroySingletons();
        detect(new Nested());
    }

    @Test
    void aHandlerOfWhichEveryoneHasAnotherObjectFailsTheStart() {
        RootBeanDefinition definition = new RootBeanDefinition(Nested.class);
        definition.setScope(BeanDefinition.SCOPE_PROTOTYPE);
        beans.registerBeanDefinition("each", definition);
        assertFails(this::detect, "'each'", "singleton");
    }

    /** Its method can't be overridden from here. */
    @ProactorHandler
    static class FromElsewhere extends Inherited {}

    @Test
    void aMethodThatAProxyCanNotPassOnFailsTheStart() {
        ProxyFactory proxies = new ProxyFactory(new FromElsewhere());
        proxies.setProxyTargetClass(true);
        Object proxy = proxies.getProxy(getClass().getClassLoader());
        assertFails(() -> detect(proxy), "package-private in another package", "protected or public");
        beans.destroySingletons();
        detect(new FromElsewhere());
    }

    @ProactorHandler(connections = "${no.such.property}")
    static class NoSuchProperty {
        @OnMessage
        void message(Message message) {}
    }

    @Test
    void aPlaceholderWithoutAValueIsNamed() {
        assertFails(() -> detect(new NoSuchProperty()), "${no.such.property}", "Set the property");
    }

    @ProactorHandler
    static class UnresolvableArgument {
        @OnMessage
        void message(Integer number) {}
    }

    @Test
    void anArgumentThatCantBeResolvedIsNamedWithItsMethod() {
        assertFails(
                () -> detect(new UnresolvableArgument()),
                "Parameter 0 ('number') of UnresolvableArgument.message can't be resolved",
                "annotate it with @Body");
    }

    @Test
    void aResolverBeanMakesItResolvable() {
        detect(
                List.of(parameter -> parameter.getParameterType() == Integer.class ? context -> 42 : null),
                new UnresolvableArgument());
    }

    @ProactorHandler
    static class WrongEvent {
        @OnConnectionOpened
        void opened(Link link) {}
    }

    @Test
    void anArgumentThatTheEventHasNotIsNamed() {
        assertFails(
                () -> detect(new WrongEvent()), "@OnConnectionOpened has no Link", "events of links and deliveries");
    }

    @ProactorHandler
    static class ConditionOfAMessage {
        @OnMessage
        void message(ErrorCondition condition) {}
    }

    @ProactorHandler
    static class LinkOfAWake {
        @OnEvent(EventType.CONNECTION_WAKE)
        void woken(Link link) {}
    }

    @Test
    void whatHasNoArgumentIsCalledAsItIsWritten() {
        assertFails(() -> detect(new ConditionOfAMessage()), "@OnMessage has no ErrorCondition", "@OnLinkClosed");
        beans.destroySingletons();
        assertFails(() -> detect(new LinkOfAWake()), "CONNECTION_WAKE has no Link", "or the event");
    }

    @ProactorHandler
    static class EventOfProton {
        @OnMessage
        void message(org.apache.qpid.proton.engine.Event event) {}
    }

    @ProactorHandler
    static class ErrorWithAnEventOfProton {
        @OnMessage
        void message() {}

        @OnError
        void failed(org.apache.qpid.proton.engine.Event event) {}
    }

    @Test
    void aTypeThatIsOnlyCalledLikeOneOfOursIsToldFromIt() {
        String meant = "Did you mean dev.proactor.Event? This is org.apache.qpid.proton.engine.Event.";
        assertFails(() -> detect(new EventOfProton()), "no argument of type", meant);
        beans.destroySingletons();
        assertFails(() -> detect(new ErrorWithAnEventOfProton()), "no argument of type", meant);
    }

    @Test
    void theTypesOfArgumentsAreToldAllOfThem() {
        assertFails(
                () -> detect(new UnresolvableArgument()),
                "no argument of type java.lang.Integer",
                "CloseReason, Connection, Delivery, DeliveryState, ErrorCondition, Event, Link, Listener, Message,"
                        + " Proactor, Receiver, Sender, Session, Transport");
    }

    @ProactorHandler
    static class AddressOfNoLink {
        @OnConnectionOpened
        void opened(@Address String address) {}
    }

    @Test
    void anAddressIsThereOnlyWithLinks() {
        assertFails(() -> detect(new AddressOfNoLink()), "@OnConnectionOpened has no address", "links");
    }

    @ProactorHandler
    static class BodyOfNoMessage {
        @OnConnectionOpened
        void opened(@Body String body) {}
    }

    @Test
    void aBodyIsThereOnlyWithMessages() {
        assertFails(() -> detect(new BodyOfNoMessage()), "@Body is there only with @OnMessage", "@OnMessage");
    }

    @ProactorHandler
    static class UnknownProperty {
        @OnMessage
        void message(@MessageProperty("sbject") String subject) {}
    }

    @Test
    void aPropertyThatAmqpHasNotIsNamed() {
        assertFails(() -> detect(new UnknownProperty()), "AMQP has no property 'sbject'", "subject");
    }

    @ProactorHandler
    static class UnreadableBody {
        @OnMessage
        void message(@Body List<String> body) {}
    }

    @Test
    void aBodyThatNothingMakesIsNamed() {
        assertFails(() -> detect(new UnreadableBody()), "List<java.lang.String>", "Jackson");
    }

    @ProactorHandler
    static class MessagesFromASender {
        @OnMessage
        void message(Sender sender) {}
    }

    @Test
    void aMessageDoesNotComeFromASender() {
        assertFails(() -> detect(new MessagesFromASender()), "the link is always a Receiver", "Link");
    }

    @ProactorHandler
    static class ReturnsAFuture {
        @OnMessage
        java.util.concurrent.Future<String> message() {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void aReturnTypeThatIsNoSingleAnswerIsNamed() {
        assertFails(() -> detect(new ReturnsAFuture()), "returns java.util.concurrent.Future", "DeliveryState");
        beans.destroySingletons();
        assertFails(() -> detect(new RepliesTest.ReturnsMany()), "Flux", "Mono");
    }

    static class Limits {
        @jakarta.validation.constraints.Max(100) public int value;
    }

    @ProactorHandler
    static class Validates {
        @OnMessage
        void message(@jakarta.validation.Valid @Body String limits) {}
    }

    @Test
    void aBodyThatNothingCanValidateIsNamed() {
        assertFails(() -> detect(new Validates()), "there is no Validator", "spring-boot-starter-validation");
    }

    @ProactorHandler
    static class ReturnsToNobody {
        @OnConnectionOpened
        String opened() {
            return "";
        }
    }

    @Test
    void otherEventsTakeNoReturnValue() {
        assertFails(() -> detect(new ReturnsToNobody()), "nobody would look at it", "void");
    }

    @ProactorHandler
    static class SettlesTwice {
        @OnMessage(settlement = Settlement.MANUAL)
        @org.jspecify.annotations.Nullable DeliveryState message() {
            return null;
        }
    }

    @Test
    void whoSettlesByItselfReturnsNothing() {
        assertFails(() -> detect(new SettlesTwice()), "settlement = MANUAL", "void");
    }

    @ProactorHandler
    static class MixedSubjects {
        @OnEvent({EventType.LISTENER_OPEN, EventType.CONNECTION_WAKE})
        void raw(Event event) {}
    }

    @Test
    void eventsOfDifferentSubjectsNeedTheirOwnMethods() {
        assertFails(() -> detect(new MixedSubjects()), "different subjects", "methods of their own");
    }

    static class NoHandler {
        @OnMessage
        void message() {}
    }

    @Test
    void aMethodInAClassThatIsNoHandlerWouldNeverBeCalled() {
        assertFails(() -> detect(new NoHandler()), "is no handler", "@ProactorHandler");
    }

    @ProactorHandler
    static class NoMethods {}

    @Test
    void aHandlerWithoutMethodsIsNamed() {
        assertFails(() -> detect(new NoMethods()), "has no method", "@OnMessage");
    }

    @ProactorHandler
    public static class FinalMethod {
        @OnMessage
        public final void message() {}
    }

    @ProactorHandler
    public static class PackagePrivateMethod {
        final String field = "set";

        @OnMessage
        void message() {
            assertThat(field).isNotNull();
        }
    }

    private static Object proxied(Object target) {
        ProxyFactory factory = new ProxyFactory(target);
        factory.setProxyTargetClass(true);
        factory.addAdvice((org.aopalliance.intercept.MethodInterceptor) invocation -> invocation.proceed());
        return factory.getProxy(target.getClass().getClassLoader());
    }

    @Test
    void aFinalMethodOfAProxiedBeanIsNamed() {
        assertFails(() -> detect(proxied(new FinalMethod())), "FinalMethod.message is final", "Remove 'final' from");
    }

    @Test
    void aPackagePrivateMethodOfAProxiedBeanRunsInTheBean() throws Throwable {
        detect(proxied(new PackagePrivateMethod()));

        HandlerMethod method = table.plan(dev.proactor.ConnectionRole.SERVER, "ingress")
                .on(dev.proactor.spring.boot.handler.Occasion.MESSAGE)[0];
        method.invoke(new Call("ingress", null, null));
    }

    interface Contract {
        void other();
    }

    @ProactorHandler
    static class BehindAnInterface implements Contract {
        @Override
        public void other() {}

        @OnMessage
        public void message() {}
    }

    @Test
    void aMethodThatAJdkProxyHasNotIsNamed() {
        ProxyFactory factory = new ProxyFactory(new BehindAnInterface());
        factory.setInterfaces(Contract.class);
        assertFails(
                () -> detect(factory.getProxy(BehindAnInterface.class.getClassLoader())),
                "none of its interfaces",
                "proxy-target-class");
    }

    @ProactorHandler(addresses = "a/*")
    static class OneTaker {
        @OnMessage
        void message() {}
    }

    @ProactorHandler
    static class OtherTaker {
        @OnMessage(addresses = "a/*", listeners = "ingress")
        void message() {}
    }

    @ProactorHandler(addresses = "a/b")
    static class ExactTaker {
        @OnMessage
        CompletionStage<Void> message() {
            return java.util.concurrent.CompletableFuture.completedStage(null);
        }
    }

    @Test
    void twoMethodsWithTheSameClaimAreNamed() {
        assertFails(
                () -> detect(new OneTaker(), new OtherTaker()),
                "Both OneTaker.message and OtherTaker.message",
                "more specific address");
    }

    @Test
    void theMoreSpecificOfTwoIsNoAmbiguity() {
        detect(new OneTaker(), new ExactTaker());

        assertThat(table.plan(dev.proactor.ConnectionRole.CLIENT, "orders").messagesOf("a/b"))
                .hasToString("ExactTaker.message");
    }

    @ProactorHandler
    static class EveryKind {
        @OnLinkClosed
        void closed(Link link, Connection connection, dev.proactor.CloseReason reason) {}

        @OnListenerOpened
        void opened(Listener listener, dev.proactor.Proactor proactor) {}

        @OnEvent({EventType.LINK_FLOW, EventType.LINK_REMOTE_OPEN})
        private void raw(Receiver receiver) {}
    }

    @Test
    void findsMethodsOfEveryKind() {
        detect(new EveryKind());
    }

    /** Reads strings and nothing else. */
    static class OnlyStrings implements MessageConverters {
        @Override
        public Reader reader(Type type) {
            return type == String.class ? OnlyStrings::read : null;
        }

        private static String read(Message message) {
            if (message.getBody() instanceof AmqpValue value && Boolean.TRUE.equals(value.getValue())) {
                throw new IllegalStateException("a converter with a bug");
            }
            return message.toString();
        }

        @Override
        public Message write(Object body) {
            if (body instanceof Message whole) {
                return whole;
            }
            if (body instanceof Error error) {
                throw error;
            }
            if (!(body instanceof String)) {
                throw new MessageConversionException("only strings");
            }
            Message message = Message.Factory.create();
            message.setBody(new AmqpValue(body));
            return message;
        }
    }
}
