package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.MessageConversionException;
import java.lang.annotation.Annotation;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.validation.BeanPropertyBindingResult;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.SmartValidator;
import org.springframework.validation.Validator;
import org.springframework.validation.annotation.ValidationAnnotationUtils;

/** Checks bodies whose parameter is annotated with {@code @Valid} or {@code @Validated}. Immutable, thread-safe. */
final class BodyValidation {

    private static final int MOST_ERRORS = 5;

    private final Validator validator;
    private final Object[] hints;

    private BodyValidation(Validator validator, Object[] hints) {
        this.validator = validator;
        this.hints = hints;
    }

    /**
     * {@return the check that a parameter asks for, or {@code null} if it asks for none}
     *
     * @param what what the parameter is, for messages
     * @throws InvalidHandlerException if there is nothing to check it with
     */
    static @Nullable BodyValidation of(MethodParameter parameter, String what, @Nullable Validator validator) {
        for (Annotation annotation : parameter.getParameterAnnotations()) {
            Object[] hints = ValidationAnnotationUtils.determineValidationHints(annotation);
            if (hints != null) {
                if (validator == null) {
                    throw new InvalidHandlerException(
                            what + " is to be validated, and there is no Validator",
                            "Add spring-boot-starter-validation, or define one Validator bean, or take @"
                                    + annotation.annotationType().getSimpleName() + " away.");
                }
                return new BodyValidation(validator, hints);
            }
        }
        return null;
    }

    /**
     * Checks a body.
     *
     * @throws MessageConversionException if it is not valid, with what is wrong
     */
    void check(Object body) {
        BeanPropertyBindingResult result = new BeanPropertyBindingResult(body, "body");
        if (validator instanceof SmartValidator smart && hints.length > 0) {
            smart.validate(body, result, hints);
        } else if (validator.supports(body.getClass())) {
            validator.validate(body, result);
        }
        if (result.hasErrors()) {
            throw new MessageConversionException("the body is not valid: "
                    + result.getAllErrors().stream()
                            .limit(MOST_ERRORS)
                            .map(BodyValidation::words)
                            .collect(Collectors.joining("; ")));
        }
    }

    /** Not the value: it is the peer's, and may be a secret. */
    private static String words(ObjectError error) {
        return (error instanceof FieldError field ? field.getField() + " " : "") + error.getDefaultMessage();
    }
}
