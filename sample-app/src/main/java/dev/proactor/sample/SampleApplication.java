package dev.proactor.sample;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Starts on the proactor's Spring Boot starter, says so, and ends. */
@SpringBootApplication
public class SampleApplication {
    private static final Logger log = LoggerFactory.getLogger(SampleApplication.class);

    /**
     * Runs the application.
     *
     * @param args Spring Boot's command-line arguments
     */
    public static void main(String[] args) {
        SpringApplication.run(SampleApplication.class, args);
    }

    @Bean
    ApplicationRunner greeting() {
        return args -> log.info(
                "The proactor sample runs on Java {}", Runtime.version().feature());
    }
}
