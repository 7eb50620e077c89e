package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.security.Authenticator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.AuthenticationException;

/** Has Spring Security check passwords, which may take its time: on an executor, not on the proactor's threads. */
final class SpringSecurityAuthenticator implements Authenticator {

    private final AuthenticationManager manager;
    private final Executor executor;

    SpringSecurityAuthenticator(AuthenticationManager manager, Executor executor) {
        this.manager = manager;
        this.executor = executor;
    }

    /** {@return one for the manager of a name, or {@code null} if there is none} */
    static @Nullable Authenticator of(BeanFactory beans, String name, Executor executor) {
        try {
            return new SpringSecurityAuthenticator(beans.getBean(name, AuthenticationManager.class), executor);
        } catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException none) {
            return null;
        }
    }

    @Override
    public CompletionStage<Boolean> checkPassword(String user, String password) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return manager.authenticate(UsernamePasswordAuthenticationToken.unauthenticated(user, password))
                                .isAuthenticated();
                    } catch (AuthenticationException refused) {
                        return false;
                    }
                },
                executor);
    }
}
