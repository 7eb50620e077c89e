package dev.proactor.internal.task;

import dev.proactor.EventType;
import dev.proactor.RawConnection;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * What a raw connection is, without its socket: the buffers that it holds, how far its two halves are, and which events are due.
 *
 * <pre>
 *                 connected                    both halves CLOSED, or fail                  DISCONNECTED
 *   CONNECTING ---------------&gt; ESTABLISHED ----------------------------------&gt; ENDING ------------------&gt; OVER
 *        |                                                                        ^        handed out
 *        +------------------------------------------------------------------------+
 *                                  close, both halves CLOSED, or fail
 *
 *   input:   OPEN ---------------------------------&gt; CLOSED
 *                  closeRead, inputEnded, fail
 *
 *   output:  OPEN -------------&gt; DRAINING ----------&gt; CLOSED
 *              |  closeWrite              nothing waits  ^
 *              +------------------------------------------+
 *                fail, or closeWrite when nothing waits
 *
 *   read buffers:   given --&gt; unread --&gt; read --&gt; taken        unread goes to read, empty, when the input is CLOSED
 *   write buffers:  given --&gt; unwritten --&gt; written --&gt; taken  unwritten goes to written, as it is, upon fail
 * </pre>
 *
 * <p>Events, when they are due, go in this order, and in each state only these:
 *
 * <pre>
 *   CONNECTING    WAKE
 *   ESTABLISHED   CONNECTED, WAKE, READ, WRITTEN, CLOSED_READ, CLOSED_WRITE, NEED_WRITE_BUFFERS, NEED_READ_BUFFERS
 *   ENDING        those up to CLOSED_WRITE that are still due, DRAIN_BUFFERS if there are buffers to take, DISCONNECTED
 *   OVER          none
 * </pre>
 *
 * <p>One that never was ESTABLISHED has neither CONNECTED nor CLOSED_READ nor CLOSED_WRITE. READ, WRITTEN, WAKE and NEED… are flags: one that
 * is due already is not due twice. NEED… is due where no buffer is unread (unwritten), its half is OPEN, and it was not said since
 * buffers were given last.
 *
 * <p>It belongs to the owner of the connection's task, but for the condition, which any thread may read.
 */
final class RawState {

    private enum Phase {
        CONNECTING,
        ESTABLISHED,
        ENDING,
        OVER
    }

    private enum Half {
        OPEN,
        DRAINING,
        CLOSED
    }

    private final Deque<ByteBuffer> unread = new ArrayDeque<>(RawConnection.MAX_BUFFERS);
    private final Deque<ByteBuffer> read = new ArrayDeque<>(RawConnection.MAX_BUFFERS);
    private final Deque<ByteBuffer> unwritten = new ArrayDeque<>(RawConnection.MAX_BUFFERS);
    private final Deque<ByteBuffer> written = new ArrayDeque<>(RawConnection.MAX_BUFFERS);

    // Any thread.
    private volatile @Nullable ErrorCondition condition;

    private Phase phase = Phase.CONNECTING;
    private Half input = Half.OPEN;
    private Half output = Half.OPEN;
    private boolean inputRefused;
    private boolean failed;

    private boolean connectedDue;
    private boolean wakeDue;
    private boolean readDue;
    private boolean writtenDue;
    private boolean closedReadDue;
    private boolean closedWriteDue;
    private boolean drainSaid;
    private boolean needReadSaid;
    private boolean needWriteSaid;

    // ---- the application's calls

    int give(ByteBuffer... buffers) {
        for (ByteBuffer buffer : buffers) {
            if (buffer.isReadOnly() || !buffer.hasRemaining()) {
                throw new IllegalArgumentException("a read buffer must be writable and have room: " + buffer);
            }
        }
        int taken = Math.min(buffers.length, readCapacity());
        for (int i = 0; i < taken; i++) {
            // Where its bytes begin, for when it is given back.
            unread.add(buffers[i].mark());
        }
        if (taken > 0) {
            needReadSaid = false;
        }
        return taken;
    }

    @Nullable ByteBuffer takeRead() {
        return read.poll();
    }

    int readCapacity() {
        return input == Half.OPEN ? RawConnection.MAX_BUFFERS - unread.size() - read.size() : 0;
    }

    int write(ByteBuffer... buffers) {
        int taken = Math.min(buffers.length, writeCapacity());
        for (int i = 0; i < taken; i++) {
            unwritten.add(buffers[i]);
        }
        if (taken > 0) {
            needWriteSaid = false;
        }
        return taken;
    }

    @Nullable ByteBuffer takeWritten() {
        return written.poll();
    }

    int writeCapacity() {
        return output == Half.OPEN ? RawConnection.MAX_BUFFERS - unwritten.size() - written.size() : 0;
    }

    /** Closes both halves; an attempt to connect is given up, with what would have been written. */
    void close() {
        if (phase == Phase.CONNECTING) {
            fail(null);
        } else {
            closeRead();
            closeWrite();
        }
    }

    void closeRead() {
        if (input == Half.OPEN) {
            inputRefused = true;
            inputClosed();
        }
    }

    void closeWrite() {
        if (output == Half.OPEN) {
            output = Half.DRAINING;
            outputMoved();
        }
    }

    boolean isReadClosed() {
        return input == Half.CLOSED;
    }

    boolean isWriteClosed() {
        return output != Half.OPEN;
    }

    @Nullable ErrorCondition condition() {
        return condition;
    }

    // ---- what happens on the network

    void connected() {
        if (phase == Phase.CONNECTING) {
            phase = Phase.ESTABLISHED;
            connectedDue = true;
        }
    }

    /** Somebody asked for a wake. */
    void wake() {
        wakeDue = phase != Phase.OVER;
    }

    /** So many bytes were put into the unread buffers, in their order. */
    void filled(long bytes) {
        long left = bytes;
        while (left > 0) {
            ByteBuffer buffer = unread.element();
            buffer.limit(buffer.position()).reset();
            left -= buffer.remaining();
            read.add(unread.remove());
            readDue = true;
        }
    }

    /** The peer's stream is at its end. */
    void inputEnded() {
        if (input == Half.OPEN) {
            inputClosed();
        }
    }

    /** Unwritten buffers were written, in their order, as far as their positions say. */
    void moved() {
        for (ByteBuffer buffer = unwritten.peek();
                buffer != null && !buffer.hasRemaining();
                buffer = unwritten.peek()) {
            written.add(unwritten.remove());
            writtenDue = true;
        }
        outputMoved();
    }

    /**
     * The connection broke, never came about, or was disconnected.
     *
     * @param why or {@code null} if that is no error
     */
    void fail(@Nullable ErrorCondition why) {
        if (phase == Phase.ENDING || phase == Phase.OVER) {
            return;
        }
        failed = true;
        condition = why;
        closedReadDue |= input == Half.OPEN;
        closedWriteDue |= output != Half.CLOSED;
        input = Half.CLOSED;
        output = Half.CLOSED;
        unusedComeBack();
        written.addAll(unwritten);
        unwritten.clear();
        endIfClosed();
    }

    /** Its work has failed, be it after both halves were closed: then, too, its end is not in order. */
    void faulted(ErrorCondition why) {
        fail(why);
        condition = why;
    }

    private void inputClosed() {
        input = Half.CLOSED;
        closedReadDue = true;
        readDue |= unusedComeBack();
        endIfClosed();
    }

    private boolean unusedComeBack() {
        boolean some = !unread.isEmpty();
        for (ByteBuffer buffer = unread.poll(); buffer != null; buffer = unread.poll()) {
            read.add(buffer.limit(buffer.position()));
        }
        return some;
    }

    private void outputMoved() {
        if (output == Half.DRAINING && unwritten.isEmpty()) {
            output = Half.CLOSED;
            closedWriteDue = true;
            endIfClosed();
        }
    }

    private void endIfClosed() {
        if (input != Half.CLOSED || output != Half.CLOSED) {
            return;
        }
        if (phase == Phase.CONNECTING) {
            closedReadDue = false;
            closedWriteDue = false;
        }
        phase = Phase.ENDING;
    }

    // ---- what the socket has to do

    /** {@return whether there is a buffer to read into, and there may be something to read} */
    boolean wantsInput() {
        return phase == Phase.ESTABLISHED && !unread.isEmpty();
    }

    /** {@return whether there is something to write} */
    boolean wantsOutput() {
        return phase == Phase.ESTABLISHED && !unwritten.isEmpty();
    }

    /** {@return whether all was written and the peer is to be told so} */
    boolean outputIsComplete() {
        return output == Half.CLOSED && !failed;
    }

    /** {@return whether this end has left, but for what is still to be written} */
    boolean isDrainingOnly() {
        return phase == Phase.ESTABLISHED && inputRefused && output == Half.DRAINING;
    }

    boolean isConnecting() {
        return phase == Phase.CONNECTING;
    }

    /** {@return whether it needs its socket no more} */
    boolean isEnded() {
        return phase == Phase.ENDING || phase == Phase.OVER;
    }

    /** {@return whether its last event was handed out} */
    boolean isOver() {
        return phase == Phase.OVER;
    }

    /** {@return the buffers to read into} */
    Deque<ByteBuffer> unread() {
        return unread;
    }

    /** {@return the buffers to write} */
    Deque<ByteBuffer> unwritten() {
        return unwritten;
    }

    // ---- events

    boolean hasEvents() {
        return due() != null;
    }

    /** {@return the next event, which is due no more, or {@code null}} */
    @Nullable EventType next() {
        EventType type = due();
        if (type == null) {
            return null;
        }
        switch (type) {
            case RAW_CONNECTION_CONNECTED -> connectedDue = false;
            case RAW_CONNECTION_WAKE -> wakeDue = false;
            case RAW_CONNECTION_READ -> readDue = false;
            case RAW_CONNECTION_WRITTEN -> writtenDue = false;
            case RAW_CONNECTION_CLOSED_READ -> closedReadDue = false;
            case RAW_CONNECTION_CLOSED_WRITE -> closedWriteDue = false;
            case RAW_CONNECTION_NEED_WRITE_BUFFERS -> needWriteSaid = true;
            case RAW_CONNECTION_NEED_READ_BUFFERS -> needReadSaid = true;
            case RAW_CONNECTION_DRAIN_BUFFERS -> drainSaid = true;
            default -> phase = Phase.OVER;
        }
        return type;
    }

    private @Nullable EventType due() {
        if (phase == Phase.OVER) {
            return null;
        }
        if (connectedDue) {
            return EventType.RAW_CONNECTION_CONNECTED;
        }
        if (wakeDue) {
            return EventType.RAW_CONNECTION_WAKE;
        }
        if (phase == Phase.CONNECTING) {
            return null;
        }
        if (readDue) {
            return EventType.RAW_CONNECTION_READ;
        }
        if (writtenDue) {
            return EventType.RAW_CONNECTION_WRITTEN;
        }
        if (closedReadDue) {
            return EventType.RAW_CONNECTION_CLOSED_READ;
        }
        if (closedWriteDue) {
            return EventType.RAW_CONNECTION_CLOSED_WRITE;
        }
        if (phase == Phase.ENDING) {
            return !drainSaid && !(read.isEmpty() && written.isEmpty())
                    ? EventType.RAW_CONNECTION_DRAIN_BUFFERS
                    : EventType.RAW_CONNECTION_DISCONNECTED;
        }
        if (output == Half.OPEN && unwritten.isEmpty() && !needWriteSaid) {
            return EventType.RAW_CONNECTION_NEED_WRITE_BUFFERS;
        }
        if (input == Half.OPEN && unread.isEmpty() && !needReadSaid) {
            return EventType.RAW_CONNECTION_NEED_READ_BUFFERS;
        }
        return null;
    }
}
