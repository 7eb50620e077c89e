package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

@ExtendWith(OutputCaptureExtension.class)
class SampleApplicationTest {
    @Test
    void startsSaysSoAndEndsWithCodeZero(CapturedOutput output) {
        ConfigurableApplicationContext context = SpringApplication.run(SampleApplication.class);

        assertThat(output).containsOnlyOnce("The proactor sample runs on Java");
        assertThat(SpringApplication.exit(context)).isZero();
    }
}
