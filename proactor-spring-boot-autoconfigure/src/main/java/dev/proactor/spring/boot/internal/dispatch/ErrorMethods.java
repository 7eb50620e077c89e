package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ExceptionDepthComparator;

/** The methods of one handler that decide what follows when another one throws. Immutable, thread-safe. */
final class ErrorMethods {

    static final ErrorMethods NONE = new ErrorMethods(List.of());

    /**
     * A method.
     *
     * @param type the exceptions it is for
     * @param name {@code Class.method}, for messages
     * @param call takes a {@link HandlerContext}, a {@link FailureContext} in truth, and returns an {@link Object}
     */
    record ErrorMethod(Class<? extends Throwable> type, String name, MethodHandle call) {}

    private final List<ErrorMethod> methods;

    ErrorMethods(List<ErrorMethod> methods) {
        this.methods = List.copyOf(methods);
    }

    /**
     * {@return what the nearest method says, or {@code null} if there is none, or it leaves it to others}
     *
     * @throws Throwable what the method throws
     */
    @Nullable Verdict judge(Throwable failure, HandlerContext context) throws Throwable {
        ErrorMethod nearest = null;
        ExceptionDepthComparator nearer = new ExceptionDepthComparator(failure);
        for (ErrorMethod method : methods) {
            if (method.type().isInstance(failure)
                    && (nearest == null || nearer.compare(method.type(), nearest.type()) < 0)) {
                nearest = method;
            }
        }
        if (nearest == null) {
            return null;
        }
        HandlerContext about = new FailureContext(context, failure);
        Object said = (Object) nearest.call().invokeExact(about);
        if (said instanceof DeliveryState state) {
            return Verdict.outcome(state);
        }
        return said instanceof Verdict verdict && verdict.kind() != Verdict.Kind.USUAL ? verdict : null;
    }
}
