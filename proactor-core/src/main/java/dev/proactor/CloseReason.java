package dev.proactor;

/** Why a connection is over. */
public enum CloseReason {
    /** Both ends closed it in order, with no error. */
    CLOSED,
    /** The peer closed it with an error condition. */
    REMOTE_ERROR,
    /** This end closed it with an error condition. */
    LOCAL_ERROR,
    /** Its bytes were not AMQP, it broke off, or a limit was passed. */
    TRANSPORT_ERROR,
    /** The peer was silent for longer than the idle time-out. */
    IDLE_TIMEOUT,
    /** The handshake took longer than it may. */
    HANDSHAKE_TIMEOUT,
    /** It never came to a transport connection. */
    CONNECT_FAILED,
    /** {@link Proactor#disconnect} or {@link Proactor#close}. */
    DISCONNECTED,
    /** {@link Proactor#release}. */
    RELEASED
}
