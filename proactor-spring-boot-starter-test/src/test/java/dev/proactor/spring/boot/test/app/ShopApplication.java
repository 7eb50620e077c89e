package dev.proactor.spring.boot.test.app;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The application that is tested; {@link Shop} is what it has. */
@SpringBootApplication
class ShopApplication {}
