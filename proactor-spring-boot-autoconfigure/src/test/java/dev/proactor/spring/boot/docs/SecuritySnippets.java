package dev.proactor.spring.boot.docs;

import dev.proactor.security.Authenticator;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.security.ScramKeys;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;

/** What docs/security.md shows. */
@SuppressWarnings("unused")
class SecuritySnippets {

    /** Types that its text names, and no block has. */
    record Named(CredentialsProvider provider, ScramKeys keys) {}

    @Bean
    Authenticator devices(@Value("${gateway.device-password}") String password) {
        return Authenticator.of(Map.of("device-17", password));
    }
}
