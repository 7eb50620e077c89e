package dev.proactor.docs;

import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** What the README shows. */
final class ReadmeSnippets {

    private ReadmeSnippets() {}

    record Reading(double value) {}

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {

        @OnMessage
        void reading(@Body Reading reading, @Address String address) {
            System.out.println(address + " says " + reading.value()); // accepted when this returns; it may block
        }

        @OnLinkClosed
        void gone(@Address String address, @Nullable ErrorCondition why) {
            System.out.println(address + " says no more" + (why == null ? "" : ": " + why));
        }
    }
}
