package dev.proactor.spring.boot.handler;

import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;

/**
 * Gives handler methods arguments of the application's own kinds. Every bean of this type is asked, in order, for each parameter
 * that it might know, once, when the application starts; before the types that are known anyway.
 *
 * <pre>{@code
 * @Bean
 * HandlerArgumentResolver devices(Devices devices) {
 *     return parameter -> parameter.getParameterType() == Device.class ? context -> devices.get(context.address()) : null;
 * }
 * }</pre>
 */
@FunctionalInterface
public interface HandlerArgumentResolver {

    /**
     * Says where the arguments for a parameter come from.
     *
     * @param parameter a parameter of a handler method
     * @return their source, or {@code null} if this resolver does not know such parameters
     */
    @Nullable Source resolve(MethodParameter parameter);

    /** Gives the argument for each call, on the thread that handles the event. */
    @FunctionalInterface
    interface Source {

        /**
         * {@return the argument}
         *
         * @param context what the method is called about
         * @throws Exception if there is none; it counts as thrown by the handler method. A {@link MessageConversionException}
         *     rejects the message
         */
        @Nullable Object get(HandlerContext context) throws Exception;
    }
}
