package dev.proactor.spring.boot.internal.dispatch.elsewhere;

import dev.proactor.spring.boot.handler.OnMessage;

/** A handler method that classes of other packages inherit and can't override. */
public class Inherited {
    @OnMessage
    void message() {}
}
