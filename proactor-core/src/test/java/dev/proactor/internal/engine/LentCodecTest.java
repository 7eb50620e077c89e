package dev.proactor.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.security.ClientSasl;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnknownDescribedType;
import org.apache.qpid.proton.codec.EncoderImpl;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;

/** What an idle connection does not hold, and that nobody gets at what is another's. */
class LentCodecTest {

    private static final int MESSAGE = 256 * 1024;

    /** Takes what comes, whole. */
    private static final class Taker extends End {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        Taker() {
            super(serverOptions().maxMessageBytes(2 * MESSAGE).build());
        }

        @Override
        void handle(EventType type, Object context) {
            if (type == EventType.LINK_REMOTE_OPEN) {
                ((Receiver) context).flow(10);
            } else if (type == EventType.DELIVERY) {
                Receiver receiver = (Receiver) ((Delivery) context).getLink();
                byte[] bytes = new byte[((Delivery) context).pending()];
                receiver.recv(bytes, 0, bytes.length);
                taken.writeBytes(bytes);
                if (!((Delivery) context).isPartial()) {
                    ((Delivery) context).settle();
                }
            }
        }
    }

    private static End client() {
        return new End(End.clientOptions().sasl(ClientSasl.none()).build());
    }

    private static GuardedTransport transport(End end) {
        return (GuardedTransport) end.engine.transport();
    }

    private static byte[] message(int length, char letter) {
        return String.valueOf(letter).repeat(length).getBytes(StandardCharsets.US_ASCII);
    }

    // ---- what is held

    @Test
    void anIdleConnectionHoldsNoBufferAfterABurst() {
        End client = client();
        Taker server = new Taker();
        Sender sender = client.openSender(client.openSession(), "x");
        End.pump(client, server);
        assertThat(transport(client).heldFrameBytes()).isZero();
        assertThat(transport(server).heldFrameBytes()).isZero();

        End.send(sender, "t", message(MESSAGE, 'm'));
        End.pump(client, server);

        assertThat(server.taken.size()).isEqualTo(MESSAGE);
        assertThat(transport(client).heldFrameBytes()).isZero();
        assertThat(transport(server).heldFrameBytes()).isZero();
    }

    @Test
    void aHeartbeatLeavesNoBufferBehind() {
        End client = client();
        Taker server = new Taker();
        End.pump(client, server);
        transport(client).writeEmptyFrame();
        assertThat(transport(client).heldFrameBytes()).isPositive();

        assertThat(client.takeOutput()).containsExactly(0, 0, 0, 8, 2, 0, 0, 0);

        assertThat(transport(client).heldFrameBytes()).isZero();
    }

    // ---- what is shared

    @Test
    void framesThatWaitForTheNetworkStayTheirConnectionsOwn() {
        List<End> clients = List.of(client(), client());
        List<Taker> servers = List.of(new Taker(), new Taker());
        List<ByteArrayOutputStream> wires = List.of(new ByteArrayOutputStream(), new ByteArrayOutputStream());
        for (int i = 0; i < 2; i++) {
            Sender sender = clients.get(i).openSender(clients.get(i).openSession(), "x");
            End.pump(clients.get(i), servers.get(i));
            End.send(sender, "t", message(20_000, (char) ('a' + i)));
            clients.get(i).engine.endBatch();
        }
        // Each takes a little at a time, by turns: what does not fit waits, while the other writes.
        boolean moved = true;
        boolean waited = false;
        while (moved) {
            moved = false;
            for (int i = 0; i < 2; i++) {
                ByteBuffer little = ByteBuffer.allocate(700);
                if (clients.get(i).engine.output(little) > 0) {
                    moved = true;
                    wires.get(i).write(little.array(), 0, little.position());
                    assertThat(wires.get(i).size()).isLessThan(1_000_000);
                    waited |= transport(clients.get(i)).heldFrameBytes() > 0;
                }
            }
        }
        assertThat(waited).isTrue();
        for (int i = 0; i < 2; i++) {
            servers.get(i).receive(wires.get(i).toByteArray());
            assertThat(servers.get(i).condition()).isNull();
            assertThat(servers.get(i).taken.toByteArray()).isEqualTo(message(20_000, (char) ('a' + i)));
            assertThat(transport(clients.get(i)).heldFrameBytes()).isZero();
        }
    }

    @Test
    void aPeersBrokenFrameSpoilsNobodyElsesCodec() {
        // Nested deeper than is allowed: proton-j counts the depth in the decoder.
        byte[] deep = new byte[8 + 3 * 60];
        ByteBuffer frame = ByteBuffer.wrap(deep)
                .putInt(deep.length)
                .put((byte) 2)
                .put((byte) 0)
                .putShort((short) 0);
        while (frame.hasRemaining()) {
            int inside = frame.remaining() - 2;
            frame.put((byte) 0xc0).put((byte) inside).put((byte) 1);
        }
        for (int i = 0; i < 50; i++) {
            Taker hostile = new Taker();
            hostile.exchange(Frames.join(Frames.AMQP, deep));
            assertThat(hostile.condition()).isNotNull();
            assertThat((Object) hostile.condition().getCondition()).isEqualTo(Conditions.DECODE_ERROR);
        }
        End client = client();
        Taker server = new Taker();
        Sender sender = client.openSender(client.openSession(), "x");
        End.pump(client, server);
        End.send(sender, "t", message(100, 'm'));
        End.pump(client, server);
        assertThat(server.condition()).isNull();
        assertThat(server.taken.size()).isEqualTo(100);
    }

    // ---- the pool

    @Test
    void aCodecIsLentAgainAndHasNothingOfTheOneBefore() {
        CodecPool pool = new CodecPool();
        FrameCodec codec = pool.lend();
        assertThat(pool.lend()).as("while it is lent").isNotSameAs(codec);
        ByteBuffer buffer = ByteBuffer.allocate(100);
        codec.encoder().setByteBuffer(buffer);
        codec.encoder().writeObject("secret");

        pool.giveBack(codec);

        assertThat(pool.lend()).isSameAs(codec);
        assertThat((Object) codec.encoder().getBuffer()).isNull();
        assertThat((Object) codec.decoder().getBuffer()).isNull();
    }

    @Test
    void aCodecThatHasLearnedManyTypesIsNotLentAgain() {
        CodecPool pool = new CodecPool();
        FrameCodec codec = pool.lend();
        writeDescribed(codec.encoder(), 10);
        pool.giveBack(codec);
        assertThat(pool.lend()).isSameAs(codec);

        writeDescribed(codec.encoder(), 1_000);
        pool.giveBack(codec);
        assertThat(pool.lend()).isNotSameAs(codec);
    }

    /** As an application does that answers an attach with the filters that came with it. */
    private static void writeDescribed(EncoderImpl encoder, int count) {
        for (int i = 0; i < count; i++) {
            encoder.setByteBuffer(ByteBuffer.allocate(1_000));
            encoder.writeObject(List.of(new UnknownDescribedType(Symbol.valueOf("a:b" + i), "x")));
            encoder.getType(new UnknownDescribedType(Symbol.valueOf("a:b" + i), "x"));
        }
    }

    @Test
    void moreThanThePoolHoldsAreMadeAndDropped() {
        CodecPool pool = new CodecPool();
        List<FrameCodec> lent = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            lent.add(pool.lend());
        }
        assertThat(lent).doesNotHaveDuplicates();
        lent.forEach(pool::giveBack);
        for (int i = 0; i < 64; i++) {
            assertThat(lent).contains(pool.lend());
        }
        assertThat(lent).doesNotContain(pool.lend());
    }
}
