package dev.proactor;

/** What a batch of events is about. All events of one batch have one subject of one of these kinds. */
public enum EventSource {
    /** One AMQP connection with its transport, sessions, links and deliveries. */
    CONNECTION,
    /** One listener. */
    LISTENER,
    /** One raw connection. */
    RAW_CONNECTION,
    /** The proactor itself. */
    PROACTOR
}
