package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.handler.MessageConversionException;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.MethodParameter;
import org.springframework.validation.annotation.Validated;
import org.springframework.validation.beanvalidation.LocalValidatorFactoryBean;

class BodyValidationTest {

    interface Strict {}

    record Reading(
            @NotBlank String device,
            @Max(100) int value,
            @Max(value = 10, groups = Strict.class) int level) {}

    @SuppressWarnings("unused")
    static void all(@Valid Reading valid, @Validated(Strict.class) Reading strict, Reading unchecked) {}

    private final LocalValidatorFactoryBean validator = new LocalValidatorFactoryBean();

    @BeforeEach
    void start() {
        validator.afterPropertiesSet();
    }

    @AfterEach
    void stop() {
        validator.close();
    }

    private @Nullable BodyValidation of(int parameter) throws NoSuchMethodException {
        Method method = getClass().getDeclaredMethod("all", Reading.class, Reading.class, Reading.class);
        return BodyValidation.of(new MethodParameter(method, parameter), "it", validator);
    }

    @Test
    void whatIsWrongIsSaidWithoutTheValue() throws Exception {
        BodyValidation validation = of(0);
        assertThatCode(() -> validation.check(new Reading("d1", 100, 11))).doesNotThrowAnyException();
        assertThatThrownBy(() -> validation.check(new Reading(" ", 4711, 0)))
                .isInstanceOf(MessageConversionException.class)
                .hasMessageStartingWith("the body is not valid: ")
                .hasMessageContaining("device must not be blank")
                .hasMessageContaining("value must be less than or equal to 100")
                .message()
                .doesNotContain("4711");
    }

    @Test
    void groupsAreHeeded() throws Exception {
        BodyValidation validation = of(1);
        assertThatThrownBy(() -> validation.check(new Reading("d1", 0, 11))).hasMessageContaining("level must be less");
        assertThatCode(() -> validation.check(new Reading("", 101, 10))).doesNotThrowAnyException();
    }

    @Test
    void whatIsNotAnnotatedIsNotChecked() throws Exception {
        assertThat(of(2)).isNull();
    }
}
