package dev.proactor.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.SpringBootTest;

/** The whole gateway, on free ports, with a database of its own and no simulated devices unless a test says otherwise. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "proactor.listeners.ingress.port=0",
            "gateway.simulated-devices=0",
            "gateway.command-timeout=500ms",
            "spring.datasource.url=jdbc:h2:mem:${random.uuid}"
        })
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface WholeGatewayTest {}
