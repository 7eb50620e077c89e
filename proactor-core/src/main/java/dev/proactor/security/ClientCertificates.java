package dev.proactor.security;

/** Whether a server asks its clients for certificates. */
public enum ClientCertificates {
    /** It does not ask. */
    NONE,
    /** It asks, and serves those who have none too. */
    WANTED,
    /** Who has none is refused. */
    REQUIRED
}
