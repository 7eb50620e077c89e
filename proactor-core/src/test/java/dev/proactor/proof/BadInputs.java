package dev.proactor.proof;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.qpid.proton.amqp.Symbol;

/** A table of what no peer should send. Always the same: what is random has fixed seeds. */
final class BadInputs {

    /**
     * One of them.
     *
     * @param bytes all that the peer sends
     * @param ends whether the peer then ends its output; otherwise it waits for us to end the connection
     */
    record Input(String name, byte[] bytes, boolean ends) {

        /** {@return whether the peer got as far as to speak AMQP} */
        boolean isAmqp() {
            return startsWith(Frames.AMQP);
        }

        boolean isSasl() {
            return startsWith(Frames.SASL);
        }

        private boolean startsWith(byte[] header) {
            return bytes.length >= 8 && Arrays.equals(bytes, 0, 8, header, 0, 8);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** All of this is in order, but for the missing {@code close}. */
    private static final byte[] CONVERSATION = Frames.join(
            Frames.AMQP,
            Frames.open("peer"),
            Frames.begin(1000),
            Frames.attachSender("out", 0),
            Frames.attachReceiver("in", 1),
            Frames.flow(0, 1000, 1, 0, 10),
            Frames.detach(1),
            Frames.end());

    private static final byte[] OPENED = Frames.join(Frames.AMQP, Frames.open("peer"));
    private static final byte[] BEGUN = Frames.join(OPENED, Frames.begin(1000));
    private static final byte[] ATTACHED = Frames.join(BEGUN, Frames.attachSender("out", 0));
    private static final byte[] ATTACHED_RECEIVER = Frames.join(BEGUN, Frames.attachReceiver("in", 0));

    private final List<Input> inputs = new ArrayList<>();

    private BadInputs() {}

    /** {@return at least this many} */
    static List<Input> atLeast(int count) {
        BadInputs table = new BadInputs();
        table.lyingFrameSizes();
        table.malformedPerformatives();
        table.hostileTypes();
        table.cutOffConversations();
        table.strangers();
        for (int seed = 0; table.inputs.size() < count; seed++) {
            table.random(seed);
        }
        return table.inputs;
    }

    private void ends(String name, byte[]... parts) {
        inputs.add(new Input(name, Frames.join(parts), true));
    }

    private void waits(String name, byte[]... parts) {
        inputs.add(new Input(name, Frames.join(parts), false));
    }

    private void lyingFrameSizes() {
        for (byte[] before : List.of(Frames.AMQP, OPENED, ATTACHED, Frames.SASL)) {
            for (long size : new long[] {0, 1, 7, 16 * 1024 + 1, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL}) {
                byte[] sizeBytes = Frames.bytes((int) (size >> 24), (int) (size >> 16), (int) (size >> 8), (int) size);
                String name = "frame size " + size + " after " + before.length + " bytes";
                waits(name, before, sizeBytes);
                waits(name + ", with a body", before, sizeBytes, Frames.bytes(2, 0, 0, 0), new byte[64]);
            }
            ends("frame shorter than its size", before, Frames.bytes(0, 0, 0x10, 0, 2, 0, 0, 0, 0, 0x53));
            for (int offset : new int[] {0, 1, 200, 255}) {
                waits("data offset " + offset, before, Frames.bytes(0, 0, 0, 12, offset, 0, 0, 0, 0, 0, 0, 0));
            }
            waits("frame type 7", before, Frames.frame(7, 0, new byte[4]));
        }
    }

    private void malformedPerformatives() {
        byte[] payload = new byte[10];
        byte[] tag = {1};
        waits("begin before open", Frames.AMQP, Frames.begin(1));
        waits("attach before open", Frames.AMQP, Frames.attachSender("a", 0));
        waits("attach before begin", OPENED, Frames.attachSender("a", 0));
        waits("flow before begin", OPENED, Frames.flow(0, 1, 0, 0, 1));
        waits("second open", OPENED, Frames.open("again"));
        waits("second begin on a channel", BEGUN, Frames.begin(1));
        waits("begin that answers no begin", OPENED, Frames.beginAnswer(9, 1));
        waits("begin on a channel over the maximum", OPENED, Frames.amqp(60_000, Frames.BEGIN, null, 0, 1, 1));
        for (int performative = Frames.ATTACH; performative <= Frames.END; performative++) {
            waits("performative " + performative + " on an unknown channel", BEGUN, Frames.amqp(5, performative));
        }
        for (int performative = Frames.OPEN; performative <= Frames.DETACH; performative++) {
            waits("performative " + performative + " with no fields", ATTACHED, Frames.amqp(0, performative));
        }
        waits("open without container-id", Frames.AMQP, Frames.amqp(0, Frames.OPEN, (Object) null));
        waits("open whose container-id is a number", Frames.AMQP, Frames.amqp(0, Frames.OPEN, 7));
        waits("attach with null name", BEGUN, Frames.amqp(0, Frames.ATTACH, null, 0, false));
        waits("attach without handle", BEGUN, Frames.amqp(0, Frames.ATTACH, "a", null, false));
        waits("attach without role", BEGUN, Frames.amqp(0, Frames.ATTACH, "a", 0, null));
        waits("attach with a handle over the maximum", BEGUN, Frames.amqp(0, Frames.ATTACH, "a", -1, false));
        waits("attach with a handle in use", ATTACHED, Frames.attachSender("b", 0));
        waits("attach with a name in use", ATTACHED, Frames.attachSender("out", 1));
        waits("flow without window", ATTACHED, Frames.amqp(0, Frames.FLOW, 0, null, 0, null, 0, 0, 1));
        waits("flow without next-outgoing-id", ATTACHED, Frames.amqp(0, Frames.FLOW, 0, 1, null, 1, 0, 0, 1));
        waits("flow on an unknown handle", ATTACHED, Frames.flow(0, 1, 77, 0, 1));
        waits("transfer on an unknown handle", ATTACHED, Frames.settledTransfer(77, 0, payload));
        waits("transfer without a handle", ATTACHED, Frames.amqp(0, Frames.TRANSFER, null, 0, tag));
        waits("transfer without a delivery-id", ATTACHED, Frames.amqp(0, Frames.TRANSFER, 0, null, tag));
        waits("transfer without a tag", ATTACHED, Frames.amqp(0, Frames.TRANSFER, 0, 0, null));
        waits("transfer to a sender", ATTACHED_RECEIVER, Frames.settledTransfer(0, 0, payload));
        waits("disposition without first", ATTACHED, Frames.amqp(0, Frames.DISPOSITION, true, null, 5));
        ends("disposition without role", ATTACHED, Frames.amqp(0, Frames.DISPOSITION, null, 0, 5));
        waits("detach of an unknown handle", ATTACHED, Frames.detach(77));
        waits("detach twice", ATTACHED, Frames.detach(0), Frames.detach(0));
        waits("end twice", ATTACHED, Frames.end(), Frames.end());
        waits("attach after end", ATTACHED, Frames.end(), Frames.attachSender("b", 1));
        for (int descriptor : new int[] {0, 0x0f, 0x19, 0x1d, 0x24, 0x28, 0x40, 0x41, 0x44, 0x70, 0x77, 0xff}) {
            waits("descriptor " + descriptor, OPENED, Frames.amqp(0, descriptor, "x", 1, true));
        }
    }

    private void hostileTypes() {
        int[][] values = {
            {0xd0, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, // list32
            {0xd0, 0, 0, 0, 8, 0x7f, 0xff, 0xff, 0xff, 0x40, 0x40, 0x40, 0x40},
            {0xd0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
            {0xd1, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xfe}, // map32
            {0xd1, 0, 0, 0, 8, 0x7f, 0xff, 0xff, 0xfe, 0x40, 0x40, 0x40, 0x40},
            {0xd1, 0, 0, 0, 4, 0, 0, 0, 3, 0x40, 0x40, 0x40},
            {0xf0, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x40}, // array32 of nulls
            {0xf0, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0x40},
            {0xf0, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0x41}, // of trues: they take no room
            {0xf0, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0x43}, // of zeros
            {0xf0, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0x45}, // of empty lists
            {0xf0, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0xa3},
            {0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x80},
            {0xb0, 0x7f, 0xff, 0xff, 0xff}, // binary
            {0xb0, 0xff, 0xff, 0xff, 0xff},
            {0xb1, 0x7f, 0xff, 0xff, 0xff}, // string
            {0xb3, 0x7f, 0xff, 0xff, 0xff}, // symbol
            {0x3f},
            {0x00},
            {0x00, 0x00, 0x00},
        };
        int propertiesOfOpen = 9;
        for (int[] value : values) {
            byte[] bytes = Frames.bytes(value);
            String name = "value " + Arrays.toString(value);
            Object[] open = new Object[propertiesOfOpen + 1];
            open[0] = "peer";
            open[propertiesOfOpen] = new Frames.Raw(bytes);
            ends(name + " as a property of open", Frames.AMQP, Frames.amqp(0, Frames.OPEN, open));
            ends(name + " as container-id", Frames.AMQP, Frames.amqp(0, Frames.OPEN, new Frames.Raw(bytes)));
            ends(name + " as the source of attach", BEGUN, attachWithSource(bytes));
            ends(name + " as a frame's body", OPENED, Frames.frame(0, 0, bytes));
            ends(name + " as a descriptor", OPENED, Frames.frame(0, 0, new byte[1], bytes, Frames.bytes(0x45)));
            ends(name + " as SASL", Frames.SASL, Frames.frame(1, 0, bytes));
        }
        for (int depth : new int[] {100, 1000, 3000}) {
            ends("described " + depth + " deep", OPENED, Frames.frame(0, 0, new byte[depth]));
            ends(depth + " lists deep as a property", Frames.AMQP, openWithProperty(nested(depth, 0xc0)));
            ends(depth + " lists deep as a source", BEGUN, attachWithSource(nested(depth, 0xc0)));
            ends(depth + " maps deep", Frames.AMQP, openWithProperty(nested(depth, 0xd1)));
        }
    }

    private static byte[] openWithProperty(byte[] value) {
        return Frames.amqp(
                0, Frames.OPEN, "peer", null, null, null, null, null, null, null, null, new Frames.Raw(value));
    }

    private static byte[] attachWithSource(byte[] value) {
        return Frames.amqp(0, Frames.ATTACH, "a", 0, false, null, null, new Frames.Raw(value));
    }

    /** {@return lists or maps in one another; sizes are as large as they must be, or as fits} */
    private static byte[] nested(int depth, int code) {
        byte[] value = {0x40};
        for (int i = 0; i < depth; i++) {
            int size = value.length;
            value = code == 0xc0
                    ? Frames.join(Frames.bytes(code, Math.min(255, size + 1), 1), value)
                    : Frames.join(
                            Frames.bytes(code, 0, 0, (size + 5) >> 8, size + 5, 0, 0, 0, 2), Frames.bytes(0x41), value);
            if (value.length > 15_000) {
                break;
            }
        }
        return value;
    }

    private void cutOffConversations() {
        for (int length = 0; length <= CONVERSATION.length; length++) {
            ends("end of stream after " + length + " bytes", Arrays.copyOf(CONVERSATION, length));
        }
        byte[] sasl = Frames.join(Frames.SASL, Frames.saslInit("ANONYMOUS"), OPENED);
        for (int length = 8; length <= sasl.length; length++) {
            ends("end of stream after " + length + " bytes with SASL", Arrays.copyOf(sasl, length));
        }
    }

    private void strangers() {
        waits("HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        waits("TLS", Frames.bytes(0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3));
        waits("AMQP 0-9-1", Frames.bytes('A', 'M', 'Q', 'P', 0, 0, 9, 1));
        waits("AMQP over TLS", Frames.bytes('A', 'M', 'Q', 'P', 2, 1, 0, 0));
        waits("zeros", new byte[10_000]);
        ends("one byte", Frames.bytes('A'));
        waits("header twice", Frames.AMQP, Frames.AMQP);
        waits("SASL after AMQP", Frames.AMQP, Frames.SASL);
        waits("unknown mechanism", Frames.SASL, Frames.frame(1, 0, Frames.described(0x41, Symbol.valueOf("NTLM"))));
    }

    /** Bytes that are random from some point on, or an orderly conversation with random damage. */
    private void random(int seed) {
        Random random = new Random(seed);
        byte[] noise = new byte[1 + random.nextInt(400)];
        random.nextBytes(noise);
        switch (seed % 5) {
            case 0 -> ends("random bytes " + seed, noise);
            case 1 -> ends("random bytes after the header " + seed, Frames.AMQP, noise);
            case 2 -> ends("random body " + seed, ATTACHED, Frames.frame(0, 0, noise));
            case 3 -> {
                int performative = Frames.OPEN + random.nextInt(9);
                noise[0] = 0x53;
                byte[] body = Frames.join(Frames.bytes(0, 0x53, performative, 0xd0), noise);
                ends("random fields of " + performative + ", " + seed, ATTACHED, Frames.frame(0, 0, body));
            }
            default -> {
                byte[] damaged = CONVERSATION.clone();
                for (int i = 0; i < 1 + seed % 4; i++) {
                    damaged[8 + random.nextInt(damaged.length - 8)] = (byte) random.nextInt(256);
                }
                ends("damaged conversation " + seed, damaged);
            }
        }
    }
}
