package dev.proactor.internal.engine;

import java.net.InetAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What is around an engine: what it shares with others, and what authentication has to know that it does not itself. */
public interface Surroundings {

    /** {@return how the stream is secured, or {@code null} if it is not} */
    @Nullable SSLSession tlsSession();

    /** {@return the peer's address, or {@code null} if it has none} */
    @Nullable InetAddress peer();

    /** Sees to it that {@link ConnectionEngine#proceed} is called soon, in the connection's sequence. Any thread. */
    void resume();

    /** {@return where it borrows what reads and writes frames} Any thread. */
    CodecPool codecs();

    /** {@return how long those wait who fail to authenticate} */
    FailureDelays failureDelays();
}
