package dev.proactor.spring.boot.internal.dispatch;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import reactor.core.publisher.Mono;

/** Makes stages of Reactor's {@code Mono}, and of what else promises one value and Spring knows. Used only where there is Reactor. */
final class ReactiveReturns {

    private static final MethodHandle TO_STAGE;

    static {
        try {
            TO_STAGE = MethodHandles.lookup()
                    .findStatic(
                            ReactiveReturns.class,
                            "stage",
                            MethodType.methodType(CompletionStage.class, ReactiveAdapter.class, Object.class));
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private ReactiveReturns() {}

    /**
     * {@return a handle that makes a stage of an object of a type, or {@code null} if the type promises no single value}
     *
     * @param type what a method returns
     */
    static @Nullable MethodHandle toStage(Class<?> type) {
        ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
        if (adapter == null || adapter.isMultiValue() || CompletionStage.class.isAssignableFrom(type)) {
            return null;
        }
        return TO_STAGE.bindTo(adapter);
    }

    @SuppressWarnings("unused") // by the handle
    private static @Nullable CompletionStage<?> stage(ReactiveAdapter adapter, @Nullable Object promise) {
        return promise == null ? null : Mono.from(adapter.toPublisher(promise)).toFuture();
    }
}
