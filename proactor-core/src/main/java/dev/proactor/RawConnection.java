package dev.proactor;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * A stream of bytes on the proactor's threads, for protocols other than AMQP ({@code pn_raw_connection_t}). Made by
 * {@link Proactor#connectRaw} and {@link Listener#acceptRaw()}.
 *
 * <p><b>Buffers are lent.</b> The proactor has none of its own for a raw connection: it reads into buffers that it was given
 * ({@link #giveReadBuffers}) and writes from others ({@link #writeBuffers}); each comes back by {@link #takeReadBuffer()} or
 * {@link #takeWrittenBuffer()}, in the order in which it was lent. Between the two it must not be touched, nor lent a second time. So
 * what is given bounds what a connection may hold: who gives no read buffer is sent no more than the system's own buffers take. Direct
 * buffers are read and written in place, others are copied once.
 *
 * <p><b>Events.</b> {@link EventType#RAW_CONNECTION_CONNECTED} first, {@link EventType#RAW_CONNECTION_DISCONNECTED} last, each
 * at most once; where no connection came about there is only the last, with a {@link #condition()}. Only
 * {@link EventType#RAW_CONNECTION_WAKE} can come before the first.
 *
 * <p><b>Two halves.</b> The input ends with {@link #closeRead()} or with the end of what the peer sends, the output with
 * {@link #closeWrite()} once all that waits is written; each is told by one event. The connection ends when both have, or when it
 * breaks. The end of input is found by reading: where no read buffer is given it shows when there is one. That the peer has reset
 * the connection shows in any case, though after up to two seconds where nothing is to be read or written, and not before the next
 * read where the output has ended.
 *
 * <p>A buffer that was lent is not to be touched before it comes back: where its position, limit or mark was changed meanwhile the
 * connection may end, with {@code amqp:internal-error} as its condition.
 *
 * <p><b>Threads.</b> Only the owner of its open batch may call a raw connection, but for {@link #wake()}, the addresses,
 * {@link #condition()} and {@link #context()}, which any thread may.
 */
public interface RawConnection {

    /** How many buffers a connection holds at most in each direction, lent and not taken back. */
    int MAX_BUFFERS = 16;

    // ---- input

    /**
     * Lends buffers to read into ({@code pn_raw_connection_give_read_buffers}). Bytes go from a buffer's position to its limit; one
     * read fills them in their order, and a buffer that got at least one byte comes back.
     *
     * @param buffers writable ones with room
     * @return how many it took, from the first on: fewer than given where there is no place for more, none once the input has ended
     * @throws IllegalArgumentException if one is read-only or has no room; then none is taken
     */
    int giveReadBuffers(ByteBuffer... buffers);

    /**
     * Takes the oldest read buffer back ({@code pn_raw_connection_take_read_buffers}). What was read is between its position, which is
     * what it was when it was given, and its limit. Those that were not used come back empty when the input ends.
     *
     * @return a buffer, or {@code null} if there is none to take now
     */
    @Nullable ByteBuffer takeReadBuffer();

    /** {@return how many more read buffers it would take, from 0 to {@link #MAX_BUFFERS}} */
    int readBuffersCapacity();

    // ---- output

    /**
     * Lends buffers to write ({@code pn_raw_connection_write_buffers}): the bytes between position and limit, in their order. It may be
     * called at any time. They are written at the end of the batch, or later, as the network takes them.
     *
     * @param buffers what to write
     * @return how many it took, from the first on: fewer than given where there is no place for more, none once the output has ended
     *     or {@link #closeWrite()} was called
     */
    int writeBuffers(ByteBuffer... buffers);

    /**
     * Takes the oldest written buffer back ({@code pn_raw_connection_take_written_buffers}). Its position is at its limit; if it is not,
     * the connection broke and what remains was not written.
     *
     * @return a buffer, or {@code null} if there is none to take now
     */
    @Nullable ByteBuffer takeWrittenBuffer();

    /** {@return how many more write buffers it would take, from 0 to {@link #MAX_BUFFERS}} */
    int writeBuffersCapacity();

    // ---- the end

    /**
     * Closes both halves ({@code pn_raw_connection_close}): what waits is still written, then comes
     * {@link EventType#RAW_CONNECTION_DISCONNECTED}, without the peer's help. It breaks off if the peer takes nothing for 10 seconds.
     * Before there is a connection it gives the attempt up.
     */
    void close();

    /**
     * Ends the input ({@code pn_raw_connection_read_close}): nothing more is read, and unused read buffers come back. The peer is not
     * told.
     */
    void closeRead();

    /**
     * Ends the output ({@code pn_raw_connection_write_close}): what waits is still written, then the peer reads the end of the stream.
     */
    void closeWrite();

    /** {@return whether the input has ended} It may be so a little before the event that tells. */
    boolean isReadClosed();

    /** {@return whether the output has ended, or ends once what waits is written} It may be so a little before the event that tells. */
    boolean isWriteClosed();

    // ---- any thread

    /**
     * Asks for {@link EventType#RAW_CONNECTION_WAKE} ({@code pn_raw_connection_wake}). At least one such event follows the last of
     * several calls; calls close together may share one. Does nothing once the connection is disconnected. Thread-safe.
     */
    void wake();

    /**
     * {@return the local address, or {@code null} before it is connected and after {@link EventType#RAW_CONNECTION_DISCONNECTED}}
     * Thread-safe.
     */
    @Nullable InetSocketAddress localAddress();

    /**
     * {@return the peer's address, or {@code null} before it is connected and after {@link EventType#RAW_CONNECTION_DISCONNECTED}}
     * Thread-safe.
     */
    @Nullable InetSocketAddress remoteAddress();

    /**
     * {@return why the connection broke, or {@code null} if it did not} It has a value from the events that tell of the end on:
     * {@link Proactor#IO_ERROR proton:io} with what the system says, or the condition of {@link Proactor#disconnect}. Thread-safe.
     */
    @Nullable ErrorCondition condition();

    /** {@return the application's object, or {@code null}} Thread-safe. */
    @Nullable Object context();

    /**
     * Keeps an object of the application's, in place of the one that the connection was made with.
     *
     * @param context the object, or {@code null}
     */
    void setContext(@Nullable Object context);
}
