package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

/** What is printed of an application that does not start. */
@ExtendWith(OutputCaptureExtension.class)
class SecretsInReportsTest {

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(ProactorAutoConfiguration.class)
    static class App {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proactor.connections.orders.passwrod=s3cr3t",
                "proactor.connections.orders.uris=amqp://me:s3cr3t@localhost:5672",
                "proactor.connections.orders.uris[1]=amqp://me:s3cr3t@localhost:5672",
                "proactor.connections.orders.uris=amqps://localhost:5671?token=s3cr3t",
                "proactor.listeners.ingress.sasl.users.me.passwort=s3cr3t"
            })
    void aSecretInAPropertyThatIsWrongIsNotPrinted(String property, CapturedOutput output) {
        SpringApplication application = new SpringApplication(App.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setRegisterShutdownHook(false);

        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> application
                        .run(
                                "--proactor.connections.orders.auto-connect=false",
                                "--proactor.connections.orders.uris[0]=amqp://localhost:5672",
                                "--proactor.listeners.ingress.port=0",
                                "--" + property)
                        .close())
                .satisfies(failure -> {
                    StringWriter trace = new StringWriter();
                    failure.printStackTrace(new PrintWriter(trace));
                    assertThat(trace.toString()).doesNotContain("s3cr3t");
                });

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains(property.substring(0, property.indexOf('=')).replaceAll("\\[\\d]", ""))
                .doesNotContain("s3cr3t");
    }
}
