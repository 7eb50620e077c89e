package dev.proactor.security;

import javax.net.ssl.SSLEngine;

/** Makes TLS engines, one for each connection. Called by any thread; it should not block, and what it throws ends the connection. */
@FunctionalInterface
public interface SslEngineFactory {

    /**
     * Makes an engine.
     *
     * @param peerHost the server's name on a client, the peer's address on a server
     * @param peerPort its port
     * @return a new engine
     */
    SSLEngine newEngine(String peerHost, int peerPort);
}
