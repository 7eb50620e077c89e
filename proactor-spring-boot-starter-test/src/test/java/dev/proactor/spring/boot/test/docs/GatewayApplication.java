package dev.proactor.spring.boot.test.docs;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.PropertySource;

/** The application of the documents, with its properties. */
@SpringBootApplication
@PropertySource("classpath:gateway.properties")
class GatewayApplication {}
