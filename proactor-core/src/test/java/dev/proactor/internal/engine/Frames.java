package dev.proactor.internal.engine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.End;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;

/** Frames made and read by hand, to play a peer that does what no engine would. */
final class Frames {

    static final byte[] AMQP = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    static final byte[] SASL = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};

    private static final DecoderImpl DECODER = new DecoderImpl();
    private static final EncoderImpl ENCODER = new EncoderImpl(DECODER);

    static {
        AMQPDefinedTypes.registerAllTypes(DECODER, ENCODER);
    }

    /** One frame that was read. */
    record Read(int type, int channel, Object body, byte[] payload) {}

    private Frames() {}

    static byte[] frame(int type, int channel, Object body, byte... payload) {
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024 + payload.length);
        buffer.position(8);
        if (body != null) {
            ENCODER.setByteBuffer(buffer);
            ENCODER.writeObject(body);
        }
        buffer.put(payload);
        buffer.putInt(0, buffer.position()).put(4, (byte) 2).put(5, (byte) type).putShort(6, (short) channel);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    static byte[] amqp(int channel, Object body, byte... payload) {
        return frame(0, channel, body, payload);
    }

    static byte[] sasl(Object body) {
        return frame(1, 0, body);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Reads frames; headers are given as byte arrays. */
    static List<Object> read(byte[] bytes) {
        List<Object> read = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining()) {
            if (in.get(in.position()) == 'A') {
                byte[] header = new byte[8];
                in.get(header);
                read.add(header);
                continue;
            }
            int size = in.getInt(in.position());
            ByteBuffer frame = in.slice(in.position(), size);
            in.position(in.position() + size);
            int type = frame.get(5);
            int channel = frame.getShort(6) & 0xffff;
            frame.position(frame.get(4) * 4);
            Object body = null;
            if (frame.hasRemaining()) {
                DECODER.setByteBuffer(frame);
                body = DECODER.readObject();
            }
            byte[] payload = new byte[frame.remaining()];
            frame.get(payload);
            read.add(new Read(type, channel, body, payload));
        }
        return read;
    }

    /** {@return the performatives of a type, in order} */
    static <T> List<T> bodies(byte[] bytes, Class<T> type) {
        List<T> found = new ArrayList<>();
        for (Object item : read(bytes)) {
            if (item instanceof Read frame && type.isInstance(frame.body())) {
                found.add(type.cast(frame.body()));
            }
        }
        return found;
    }

    // ---- performatives with what they must have

    static Open open() {
        Open open = new Open();
        open.setContainerId("peer");
        return open;
    }

    static Begin begin() {
        Begin begin = new Begin();
        begin.setNextOutgoingId(uint(1));
        begin.setIncomingWindow(uint(1000));
        begin.setOutgoingWindow(uint(1000));
        return begin;
    }

    static Begin beginReply(int remoteChannel) {
        Begin begin = begin();
        begin.setRemoteChannel(UnsignedShort.valueOf((short) remoteChannel));
        return begin;
    }

    static Attach attach(String name, int handle, Role role) {
        Attach attach = new Attach();
        attach.setName(name);
        attach.setHandle(uint(handle));
        attach.setRole(role);
        if (role == Role.SENDER) {
            attach.setInitialDeliveryCount(uint(0));
        }
        return attach;
    }

    static Transfer transfer(int handle, int deliveryId) {
        Transfer transfer = new Transfer();
        transfer.setHandle(uint(handle));
        transfer.setDeliveryId(uint(deliveryId));
        transfer.setDeliveryTag(new Binary(new byte[] {(byte) deliveryId}));
        transfer.setMessageFormat(uint(0));
        return transfer;
    }

    static Transfer more(Transfer transfer) {
        transfer.setMore(true);
        return transfer;
    }

    static Transfer continuation(int handle) {
        Transfer transfer = new Transfer();
        transfer.setHandle(uint(handle));
        return transfer;
    }

    static Flow flow() {
        Flow flow = new Flow();
        flow.setNextIncomingId(uint(1));
        flow.setIncomingWindow(uint(1000));
        flow.setNextOutgoingId(uint(1));
        flow.setOutgoingWindow(uint(1000));
        return flow;
    }

    static Flow flow(int handle, int deliveryCount, int credit) {
        Flow flow = flow();
        flow.setHandle(uint(handle));
        flow.setDeliveryCount(uint(deliveryCount));
        flow.setLinkCredit(uint(credit));
        return flow;
    }

    static Disposition disposition(Role role, int first, int last, boolean settled) {
        Disposition disposition = new Disposition();
        disposition.setRole(role);
        disposition.setFirst(uint(first));
        disposition.setLast(uint(last));
        disposition.setSettled(settled);
        return disposition;
    }

    static Detach detach(int handle, boolean closed) {
        Detach detach = new Detach();
        detach.setHandle(uint(handle));
        detach.setClosed(closed);
        return detach;
    }

    static End end() {
        return new End();
    }

    static Close close() {
        return new Close();
    }

    static UnsignedInteger uint(int value) {
        return UnsignedInteger.valueOf(value);
    }
}
