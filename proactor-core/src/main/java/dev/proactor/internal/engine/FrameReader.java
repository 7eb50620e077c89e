package dev.proactor.internal.engine;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into protocol headers and frames (AMQP 2.2, 2.3), wherever the network cut it. A frame that lies
 * whole in the buffer given is parsed in place; only one that does not is copied, into a buffer that grows with the bytes
 * that have really come and not with the size that the peer claims.
 */
final class FrameReader {

    /** What a stream is cut into. */
    interface Sink {
        /** What may come next. */
        enum Expects {
            /** Eight bytes that name a protocol. */
            HEADER,
            /** A frame. */
            FRAME,
            /** Nothing any more: what comes is dropped. */
            NOTHING
        }

        /** {@return what comes next} Asked before each header and frame. */
        Expects expects();

        /** {@return the largest frame that may come} */
        int maxFrameBytes();

        /**
         * A header, or the beginning of something that can't be one.
         *
         * @param bytes eight of them; fewer if the first ones show already that it is no header
         */
        void header(byte[] bytes);

        /**
         * A frame.
         *
         * @param type of AMQP or SASL
         * @param channel bytes 6 and 7, for AMQP the channel
         * @param body from its position to its limit; not to be kept
         */
        void frame(int type, int channel, ByteBuffer body);

        /** Bytes came where nothing was expected; they were dropped. */
        void surplus();

        /** The stream is no sequence of frames. */
        void malformed(String what);
    }

    private static final byte[] PROTOCOL = {'A', 'M', 'Q', 'P'};
    private static final int HEADER_BYTES = 8;
    private static final int SIZE_BYTES = 4;
    private static final int SMALLEST_FRAME = 8;
    private static final byte[] NONE = {};

    private final Sink sink;
    private byte[] held = NONE;
    private int heldBytes;

    FrameReader(Sink sink) {
        this.sink = sink;
    }

    /** {@return whether the last byte so far ended a header or frame} */
    boolean atBoundary() {
        return heldBytes == 0;
    }

    /** Takes all of {@code in}. */
    void read(ByteBuffer in) {
        while (in.hasRemaining()) {
            switch (sink.expects()) {
                case HEADER -> readHeader(in);
                case FRAME -> readFrame(in);
                case NOTHING -> {
                    in.position(in.limit());
                    held = NONE;
                    heldBytes = 0;
                    sink.surplus();
                }
            }
        }
    }

    private void readHeader(ByteBuffer in) {
        do {
            hold(in, heldBytes + 1, HEADER_BYTES);
            if (heldBytes <= PROTOCOL.length && held[heldBytes - 1] != PROTOCOL[heldBytes - 1]) {
                // Show what came, as far as it lies here: "GET / HT" says more than "G".
                hold(in, Math.min(HEADER_BYTES, heldBytes + in.remaining()), HEADER_BYTES);
                header();
                return;
            }
        } while (heldBytes < HEADER_BYTES && in.hasRemaining());
        if (heldBytes == HEADER_BYTES) {
            header();
        }
    }

    private void header() {
        byte[] bytes = Arrays.copyOf(held, heldBytes);
        held = NONE;
        heldBytes = 0;
        sink.header(bytes);
    }

    private void readFrame(ByteBuffer in) {
        if (heldBytes == 0 && in.remaining() >= SIZE_BYTES) {
            int size = in.getInt(in.position());
            if (!sizeIsGood(size)) {
                return;
            }
            if (in.remaining() >= size) {
                frame(in, size);
                return;
            }
        }
        if (heldBytes < SIZE_BYTES) {
            hold(in, SIZE_BYTES, SIZE_BYTES);
            if (heldBytes < SIZE_BYTES) {
                return;
            }
        }
        int size = ByteBuffer.wrap(held).getInt(0);
        if (!sizeIsGood(size)) {
            return;
        }
        hold(in, size, size);
        if (heldBytes == size) {
            ByteBuffer whole = ByteBuffer.wrap(held, 0, size);
            held = NONE;
            heldBytes = 0;
            frame(whole, size);
        }
    }

    /** Parses the frame that begins at the position of {@code in} and lies there whole. */
    private void frame(ByteBuffer in, int size) {
        int start = in.position();
        int limit = in.limit();
        int bodyOffset = (in.get(start + 4) & 0xff) * 4;
        if (bodyOffset < SMALLEST_FRAME || bodyOffset > size) {
            sink.malformed("malformed frame: data offset " + bodyOffset + " in a frame of " + size + " bytes");
            return;
        }
        int type = in.get(start + 5) & 0xff;
        int channel = in.getShort(start + 6) & 0xffff;
        in.limit(start + size).position(start + bodyOffset);
        try {
            sink.frame(type, channel, in);
        } finally {
            in.limit(limit).position(start + size);
        }
    }

    private boolean sizeIsGood(int size) {
        if (size < SMALLEST_FRAME) {
            sink.malformed(
                    "malformed frame: size " + Integer.toUnsignedString(size) + " is less than a frame's header");
            return false;
        }
        if (size > sink.maxFrameBytes()) {
            sink.malformed("malformed frame: size " + size + " is more than the maximum of " + sink.maxFrameBytes());
            return false;
        }
        return true;
    }

    /** Moves bytes to {@link #held} until it has {@code wanted} of them; it need never be larger than {@code most}. */
    private void hold(ByteBuffer in, int wanted, int most) {
        int count = Math.min(wanted - heldBytes, in.remaining());
        if (held.length < heldBytes + count) {
            int atLeast = heldBytes + count;
            held = Arrays.copyOf(held, Math.max(atLeast, Math.min(most, 2 * atLeast)));
        }
        in.get(held, heldBytes, count);
        heldBytes += count;
    }
}
