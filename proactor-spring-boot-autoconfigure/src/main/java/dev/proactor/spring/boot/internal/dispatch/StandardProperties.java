package dev.proactor.spring.boot.internal.dispatch;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** The properties section of a message (AMQP 3.2.4), by the names that the specification uses. */
final class StandardProperties {

    private static final Map<String, Function<Message, @Nullable Object>> GETTERS = new TreeMap<>(Map.ofEntries(
            Map.entry("message-id", Message::getMessageId),
            Map.entry("user-id", Message::getUserId),
            Map.entry("to", Message::getAddress),
            Map.entry("subject", Message::getSubject),
            Map.entry("reply-to", Message::getReplyTo),
            Map.entry("correlation-id", Message::getCorrelationId),
            Map.entry("content-type", Message::getContentType),
            Map.entry("content-encoding", Message::getContentEncoding),
            Map.entry("absolute-expiry-time", message -> unlessZero(message.getExpiryTime())),
            Map.entry("creation-time", message -> unlessZero(message.getCreationTime())),
            Map.entry("group-id", Message::getGroupId),
            Map.entry("group-sequence", Message::getGroupSequence),
            Map.entry("reply-to-group-id", Message::getReplyToGroupId)));

    private StandardProperties() {}

    /** proton-j gives 0 for a time that is not there. */
    private static @Nullable Object unlessZero(long millis) {
        return millis == 0 ? null : millis;
    }

    static @Nullable Function<Message, @Nullable Object> getter(String name) {
        return GETTERS.get(name);
    }

    static String names() {
        return String.join(", ", GETTERS.keySet());
    }
}
