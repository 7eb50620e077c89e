package dev.proactor.internal.engine;

import java.net.InetAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What authentication has to know of the connection that the engine itself does not. */
public interface Surroundings {

    /** {@return how the stream is secured, or {@code null} if it is not} */
    @Nullable SSLSession tlsSession();

    /** {@return the peer's address, or {@code null} if it has none} */
    @Nullable InetAddress peer();

    /** Sees to it that {@link ConnectionEngine#proceed} is called soon, in the connection's sequence. Any thread. */
    void resume();

    /** {@return how long those wait who fail to authenticate} */
    FailureDelays failureDelays();
}
