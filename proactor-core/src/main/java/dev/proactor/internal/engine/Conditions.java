package dev.proactor.internal.engine;

import org.apache.qpid.proton.amqp.Symbol;

/** Names of error conditions (AMQP 2.8.15 to 2.8.18), and the two that Proton adds. */
final class Conditions {

    static final Symbol DECODE_ERROR = Symbol.valueOf("amqp:decode-error");
    static final Symbol ILLEGAL_STATE = Symbol.valueOf("amqp:illegal-state");
    static final Symbol INTERNAL_ERROR = Symbol.valueOf("amqp:internal-error");
    static final Symbol INVALID_FIELD = Symbol.valueOf("amqp:invalid-field");
    static final Symbol NOT_ALLOWED = Symbol.valueOf("amqp:not-allowed");
    static final Symbol RESOURCE_LIMIT_EXCEEDED = Symbol.valueOf("amqp:resource-limit-exceeded");
    static final Symbol UNAUTHORIZED_ACCESS = Symbol.valueOf("amqp:unauthorized-access");
    static final Symbol FRAMING_ERROR = Symbol.valueOf("amqp:connection:framing-error");
    static final Symbol HANDLE_IN_USE = Symbol.valueOf("amqp:session:handle-in-use");
    static final Symbol WINDOW_VIOLATION = Symbol.valueOf("amqp:session:window-violation");
    static final Symbol MESSAGE_SIZE_EXCEEDED = Symbol.valueOf("amqp:link:message-size-exceeded");
    static final Symbol TRANSFER_LIMIT_EXCEEDED = Symbol.valueOf("amqp:link:transfer-limit-exceeded");

    /** Not AMQP's, but Proton's. */
    static final Symbol POLICY_ERROR = Symbol.valueOf("amqp:connection:policy-error");

    /** Not AMQP's, but Proton's: a delivery-id out of sequence. */
    static final Symbol SESSION_INVALID_FIELD = Symbol.valueOf("amqp:session:invalid-field");

    private Conditions() {}
}
