package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import org.apache.qpid.proton.engine.Connection;

/**
 * Calls the methods that want an event or an occasion, and does what is to follow where one throws. Those that take messages are called
 * by {@link Messages}. Has no state of its own; a call belongs to the thread that has the batch.
 */
final class Handlers {

    private final Failures failures;

    Handlers(Failures failures) {
        this.failures = failures;
    }

    /** Calls methods, in their order. Never throws what they throw. */
    void call(HandlerMethod[] methods, Call call) {
        for (HandlerMethod method : methods) {
            try {
                Object nothing = method.invoke(call);
                assert nothing == null;
            } catch (Throwable failure) {
                failed(method, failure, call);
            }
        }
    }

    private void failed(HandlerMethod method, Throwable failure, Call call) {
        Verdict verdict = failures.judge(method, failure, call);
        if (verdict.kind() == Verdict.Kind.IGNORE || verdict.kind() == Verdict.Kind.OUTCOME) {
            return;
        }
        if (call.connection() == null) {
            failures.log(method, failure, call, "the event counts as handled");
        } else {
            failures.log(method, failure, call, "the connection is closed with amqp:internal-error");
            closeConnection(call);
        }
    }

    /** Closes the connection of a call with {@code amqp:internal-error}, if it has one. */
    static void closeConnection(Call call) {
        Connection connection = call.connection();
        if (connection != null) {
            DefaultAnswers.fail(connection);
        }
    }
}
