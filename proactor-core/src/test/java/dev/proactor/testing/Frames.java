package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;

/** Frames by hand, for peers that do what no engine would. */
public final class Frames {

    public static final byte[] AMQP_HEADER = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    public static final byte[] SASL_HEADER = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
    public static final byte[] EMPTY_FRAME = {0, 0, 0, 8, 2, 0, 0, 0};

    private static final int ROOM = 4096;

    private Frames() {}

    /** A frame as it came: its channel, its performative ({@code null} in an empty frame) and the payload. */
    public record Frame(int type, int channel, Object body, byte[] payload, int size) {}

    /** Encodes an AMQP frame. */
    public static byte[] frame(int channel, Object performative, byte... payload) {
        DecoderImpl decoder = new DecoderImpl();
        EncoderImpl encoder = new EncoderImpl(decoder);
        AMQPDefinedTypes.registerAllTypes(decoder, encoder);
        ByteBuffer bytes = ByteBuffer.allocate(ROOM + payload.length);
        bytes.putInt(0).put((byte) 2).put((byte) 0).putShort((short) channel);
        encoder.setByteBuffer(bytes);
        encoder.writeObject(performative);
        bytes.put(payload).putInt(0, bytes.position());
        byte[] frame = new byte[bytes.position()];
        bytes.flip().get(frame);
        return frame;
    }

    /** The first eight bytes of a frame that may be a lie. */
    public static byte[] frameHeader(int size, int dataOffset) {
        return ByteBuffer.allocate(8)
                .putInt(size)
                .put((byte) dataOffset)
                .put((byte) 0)
                .putShort((short) 0)
                .array();
    }

    /** Reads the frame at the position of {@code bytes}, which holds all of it. */
    static Frame parse(ByteBuffer bytes) {
        int start = bytes.position();
        int size = bytes.getInt(start);
        assertThat(size).as("size of a frame").isGreaterThanOrEqualTo(8);
        ByteBuffer body = bytes.slice(start, size)
                .position(4 * (bytes.get(start + 4) & 0xff))
                .slice();
        bytes.position(start + size);
        int type = bytes.get(start + 5);
        int channel = bytes.getShort(start + 6) & 0xffff;
        Object performative = null;
        if (body.hasRemaining() && type <= 1) {
            DecoderImpl decoder = new DecoderImpl();
            AMQPDefinedTypes.registerAllTypes(decoder, new EncoderImpl(decoder));
            decoder.setByteBuffer(body);
            performative = decoder.readObject();
        }
        byte[] payload = new byte[body.remaining()];
        body.get(payload);
        return new Frame(type, channel, performative, payload, size);
    }

    public static Open open() {
        Open open = new Open();
        open.setContainerId("raw");
        open.setHostname("localhost");
        return open;
    }

    public static Begin begin() {
        Begin begin = new Begin();
        begin.setNextOutgoingId(UnsignedInteger.ZERO);
        begin.setIncomingWindow(uint(100_000));
        begin.setOutgoingWindow(uint(100_000));
        return begin;
    }

    /** Our answer to the begin that came on a channel. */
    public static Begin begin(int remoteChannel) {
        Begin begin = begin();
        begin.setRemoteChannel(UnsignedShort.valueOf((short) remoteChannel));
        return begin;
    }

    /** Attaches a link whose sender is the raw peer. */
    public static Attach attachSender(String name, int handle) {
        Attach attach = attach(name, handle, Role.SENDER);
        attach.setInitialDeliveryCount(UnsignedInteger.ZERO);
        return attach;
    }

    /** Attaches a link whose receiver is the raw peer. */
    public static Attach attachReceiver(String name, int handle) {
        return attach(name, handle, Role.RECEIVER);
    }

    private static Attach attach(String name, int handle, Role role) {
        Source source = new Source();
        source.setAddress("from");
        Target target = new Target();
        target.setAddress("to");
        Attach attach = new Attach();
        attach.setName(name);
        attach.setHandle(uint(handle));
        attach.setRole(role);
        attach.setSource(source);
        attach.setTarget(target);
        return attach;
    }

    public static Detach detach(int handle) {
        Detach detach = new Detach();
        detach.setHandle(uint(handle));
        detach.setClosed(true);
        return detach;
    }

    /** Gives credit to the sender at the other end. */
    public static Flow credit(int handle, int credit) {
        Flow flow = new Flow();
        flow.setNextIncomingId(UnsignedInteger.ZERO);
        flow.setIncomingWindow(uint(100_000));
        flow.setNextOutgoingId(UnsignedInteger.ZERO);
        flow.setOutgoingWindow(uint(100_000));
        flow.setHandle(uint(handle));
        flow.setDeliveryCount(UnsignedInteger.ZERO);
        flow.setLinkCredit(uint(credit));
        return flow;
    }

    /** The first transfer of a delivery. */
    public static Transfer transfer(int handle, int deliveryId, boolean more) {
        Transfer transfer = continuation(handle, more);
        transfer.setDeliveryId(uint(deliveryId));
        transfer.setDeliveryTag(new Binary(new byte[] {(byte) deliveryId}));
        transfer.setMessageFormat(UnsignedInteger.ZERO);
        return transfer;
    }

    /** A further transfer of a delivery. */
    public static Transfer continuation(int handle, boolean more) {
        Transfer transfer = new Transfer();
        transfer.setHandle(uint(handle));
        transfer.setMore(more);
        return transfer;
    }

    public static UnsignedInteger uint(int value) {
        return UnsignedInteger.valueOf(value);
    }

    /** For tests that name a condition. */
    public static Symbol symbol(String name) {
        return Symbol.valueOf(name);
    }
}
