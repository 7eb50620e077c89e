package dev.proactor.internal.task;

import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_READ;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_WRITE;
import static dev.proactor.EventType.RAW_CONNECTION_CONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DISCONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DRAIN_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_NEED_READ_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_NEED_WRITE_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_READ;
import static dev.proactor.EventType.RAW_CONNECTION_WAKE;
import static dev.proactor.EventType.RAW_CONNECTION_WRITTEN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.Test;

class RawStateTest {

    private final RawState state = new RawState();

    private List<EventType> events() {
        List<EventType> types = new ArrayList<>();
        for (EventType type = state.next(); type != null; type = state.next()) {
            types.add(type);
        }
        assertThat(state.hasEvents()).isFalse();
        return types;
    }

    private RawState established() {
        state.connected();
        events();
        return state;
    }

    private static ErrorCondition broken() {
        return new ErrorCondition(Proactor.IO_ERROR, "it broke");
    }

    /** The network has these bytes for the unread buffers. */
    private void arrive(String bytes) {
        int at = 0;
        for (ByteBuffer buffer : state.unread()) {
            int count = Math.min(buffer.remaining(), bytes.length() - at);
            buffer.put(bytes.substring(at, at + count).getBytes(US_ASCII));
            at += count;
        }
        state.filled(at);
    }

    /** The network takes so many bytes of the unwritten buffers. */
    private void depart(int bytes) {
        int left = bytes;
        for (ByteBuffer buffer : state.unwritten()) {
            int count = Math.min(buffer.remaining(), left);
            buffer.position(buffer.position() + count);
            left -= count;
        }
        state.moved();
    }

    private String taken() {
        ByteBuffer buffer = state.takeRead();
        return buffer == null ? null : US_ASCII.decode(buffer).toString();
    }

    @Test
    void beforeItIsConnectedThereIsNothingButWakes() {
        assertThat(events()).isEmpty();
        state.wake();
        state.wake();
        assertThat(events()).containsExactly(RAW_CONNECTION_WAKE);
    }

    @Test
    void connectedComesFirstAndThenWhatIsNeededOnce() {
        state.connected();
        state.wake();
        assertThat(events())
                .containsExactly(
                        RAW_CONNECTION_CONNECTED,
                        RAW_CONNECTION_WAKE,
                        RAW_CONNECTION_NEED_WRITE_BUFFERS,
                        RAW_CONNECTION_NEED_READ_BUFFERS);
        state.connected();
        assertThat(events()).isEmpty();
    }

    @Test
    void whatIsGivenWhenItConnectsIsNotAskedFor() {
        state.connected();
        assertThat(state.next()).isEqualTo(RAW_CONNECTION_CONNECTED);
        state.give(ByteBuffer.allocate(1));
        state.write(ByteBuffer.allocate(1));
        assertThat(events()).isEmpty();
    }

    @Test
    void buffersAreAskedForAgainWhenThoseGivenAreUsedUp() {
        established().give(ByteBuffer.allocate(2), ByteBuffer.allocate(2));
        arrive("ab");
        assertThat(events()).containsExactly(RAW_CONNECTION_READ);
        arrive("c");
        assertThat(events()).containsExactly(RAW_CONNECTION_READ, RAW_CONNECTION_NEED_READ_BUFFERS);
        state.write(ByteBuffer.allocate(3));
        depart(2);
        assertThat(events()).isEmpty();
        depart(1);
        assertThat(events()).containsExactly(RAW_CONNECTION_WRITTEN, RAW_CONNECTION_NEED_WRITE_BUFFERS);
    }

    @Test
    void readsThatWereNotHandledYetShareOneEvent() {
        established().give(ByteBuffer.allocate(1), ByteBuffer.allocate(1), ByteBuffer.allocate(1));
        arrive("a");
        arrive("b");
        assertThat(events()).containsExactly(RAW_CONNECTION_READ);
        assertThat(taken()).isEqualTo("a");
        assertThat(taken()).isEqualTo("b");
        assertThat(taken()).isNull();
    }

    @Test
    void aReadBufferComesBackWithItsBytesBetweenPositionAndLimit() {
        ByteBuffer buffer = ByteBuffer.allocate(10).position(3).limit(8);
        established().give(buffer);
        arrive("abc");
        assertThat(state.takeRead()).isSameAs(buffer);
        assertThat(buffer.position()).isEqualTo(3);
        assertThat(buffer.limit()).isEqualTo(6);
    }

    @Test
    void eachDirectionHoldsSixteenBuffersThatWereNotTakenBack() {
        established();
        ByteBuffer[] many = new ByteBuffer[RawConnection.MAX_BUFFERS + 4];
        for (int i = 0; i < many.length; i++) {
            many[i] = ByteBuffer.allocate(1);
        }
        assertThat(state.readCapacity()).isEqualTo(16);
        assertThat(state.give(many)).isEqualTo(16);
        assertThat(state.readCapacity()).isZero();
        assertThat(state.give(many[16])).isZero();
        arrive("ab");
        assertThat(state.readCapacity()).isZero();
        assertThat(state.takeRead()).isSameAs(many[0]);
        assertThat(state.readCapacity()).isEqualTo(1);

        assertThat(state.write(many)).isEqualTo(16);
        depart(1);
        assertThat(state.writeCapacity()).isZero();
        state.takeWritten();
        assertThat(state.writeCapacity()).isEqualTo(1);
    }

    @Test
    void aReadBufferMustHaveRoomAndBeWritable() {
        established();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.give(ByteBuffer.allocate(1), ByteBuffer.allocate(0)))
                .withMessageContaining("room");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.give(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        assertThat(state.readCapacity()).as("none was taken").isEqualTo(16);
    }

    @Test
    void theEndOfInputGivesUnusedBuffersBackEmptyAndLeavesTheOutputOpen() {
        established().give(ByteBuffer.allocate(4), ByteBuffer.allocate(4));
        arrive("ab");
        state.inputEnded();
        assertThat(state.isReadClosed()).isTrue();
        assertThat(state.readCapacity()).isZero();
        assertThat(events()).containsExactly(RAW_CONNECTION_READ, RAW_CONNECTION_CLOSED_READ);
        assertThat(taken()).isEqualTo("ab");
        assertThat(taken()).isEmpty();
        assertThat(taken()).isNull();
        assertThat(state.isWriteClosed()).isFalse();
        assertThat(state.write(ByteBuffer.allocate(1))).isEqualTo(1);
    }

    @Test
    void theOutputEndsOnceAllIsWritten() {
        established().write(ByteBuffer.allocate(2));
        state.closeWrite();
        assertThat(state.isWriteClosed()).isTrue();
        assertThat(state.write(ByteBuffer.allocate(1))).isZero();
        assertThat(state.outputIsComplete()).isFalse();
        assertThat(events()).isEmpty();
        depart(2);
        assertThat(state.outputIsComplete()).isTrue();
        assertThat(events()).containsExactly(RAW_CONNECTION_WRITTEN, RAW_CONNECTION_CLOSED_WRITE);
    }

    @Test
    void bothHalvesInEitherOrderDisconnectIt() {
        established().closeWrite();
        assertThat(events()).containsExactly(RAW_CONNECTION_CLOSED_WRITE);
        state.inputEnded();
        state.inputEnded();
        state.closeRead();
        assertThat(events()).containsExactly(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DISCONNECTED);

        RawState other = new RawState();
        other.connected();
        other.closeRead();
        other.closeWrite();
        other.closeWrite();
        List<EventType> types = new ArrayList<>();
        for (EventType type = other.next(); type != null; type = other.next()) {
            types.add(type);
        }
        assertThat(types)
                .containsExactly(
                        RAW_CONNECTION_CONNECTED,
                        RAW_CONNECTION_CLOSED_READ,
                        RAW_CONNECTION_CLOSED_WRITE,
                        RAW_CONNECTION_DISCONNECTED);
        assertThat(other.condition()).isNull();
    }

    @Test
    void whenItBreaksAllBuffersComeBackInOrderByDrain() {
        established();
        ByteBuffer[] reads = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
        ByteBuffer[] writes = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
        state.give(reads);
        state.write(writes);
        depart(3);
        ErrorCondition why = broken();
        state.fail(why);
        state.fail(null);
        assertThat(state.condition()).isSameAs(why);
        assertThat(events())
                .containsExactly(
                        RAW_CONNECTION_WRITTEN,
                        RAW_CONNECTION_CLOSED_READ,
                        RAW_CONNECTION_CLOSED_WRITE,
                        RAW_CONNECTION_DRAIN_BUFFERS,
                        RAW_CONNECTION_DISCONNECTED);
        assertThat(state.takeRead()).isSameAs(reads[0]);
        assertThat(state.takeRead()).isSameAs(reads[1]);
        assertThat(state.takeWritten()).isSameAs(writes[0]);
        assertThat(state.takeWritten()).isSameAs(writes[1]);
        assertThat(reads[0].hasRemaining()).isFalse();
        assertThat(writes[1].remaining()).as("what was not written").isEqualTo(1);
        assertThat(state.outputIsComplete()).isFalse();
    }

    @Test
    void thereIsNoDrainWhereNothingIsHeld() {
        established().give(ByteBuffer.allocate(1));
        state.fail(broken());
        assertThat(state.next()).isEqualTo(RAW_CONNECTION_CLOSED_READ);
        assertThat(state.next()).isEqualTo(RAW_CONNECTION_CLOSED_WRITE);
        state.takeRead();
        assertThat(events()).containsExactly(RAW_CONNECTION_DISCONNECTED);
    }

    @Test
    void oneThatNeverCameAboutIsDisconnectedAndNoMore() {
        state.fail(broken());
        assertThat(events()).containsExactly(RAW_CONNECTION_DISCONNECTED);
        state.connected();
        state.wake();
        state.closeRead();
        state.closeWrite();
        state.fail(null);
        assertThat(events()).isEmpty();
        assertThat(state.condition()).isNotNull();
    }

    @Test
    void oneThatIsClosedBeforeItCameAboutGivesItsBuffersBack() {
        state.give(ByteBuffer.allocate(1));
        state.write(ByteBuffer.allocate(1));
        state.close();
        assertThat(events()).containsExactly(RAW_CONNECTION_DRAIN_BUFFERS, RAW_CONNECTION_DISCONNECTED);
        assertThat(state.takeRead()).isNotNull();
        assertThat(state.takeWritten().remaining()).as("what was not written").isEqualTo(1);
    }

    @Test
    void whatIsClosedBeforeItCameAboutIsToldAfterwards() {
        state.closeRead();
        assertThat(events()).isEmpty();
        state.connected();
        assertThat(events())
                .containsExactly(
                        RAW_CONNECTION_CONNECTED, RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_NEED_WRITE_BUFFERS);
    }

    @Test
    void whateverHappensTheOrderHolds() {
        for (int seed = 0; seed < 5_000; seed++) {
            run(new Random(seed), seed);
        }
    }

    /** Random calls, with the events handled now and then, by an application that takes back all or nothing. */
    private static void run(Random random, int seed) {
        RawState state = new RawState();
        List<EventType> log = new ArrayList<>();
        List<ByteBuffer> lent = new ArrayList<>();
        List<ByteBuffer> back = new ArrayList<>();
        List<ByteBuffer> lentOut = new ArrayList<>();
        List<ByteBuffer> backOut = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            switch (random.nextInt(12)) {
                case 0, 1 -> state.connected();
                case 2 -> state.wake();
                case 3 -> {
                    ByteBuffer buffer = ByteBuffer.allocate(2);
                    if (state.give(buffer) == 1) {
                        lent.add(buffer);
                    }
                }
                case 4 -> {
                    ByteBuffer buffer = ByteBuffer.allocate(random.nextInt(3));
                    if (state.write(buffer) == 1) {
                        lentOut.add(buffer);
                    }
                }
                case 5 -> {
                    if (state.wantsInput()) {
                        state.unread().element().put((byte) 1);
                        state.filled(1);
                    }
                }
                case 6 -> {
                    if (state.wantsOutput()) {
                        ByteBuffer first = state.unwritten().element();
                        first.position(first.limit());
                        state.moved();
                    }
                }
                case 7 -> {
                    if (state.wantsInput()) {
                        state.inputEnded();
                    }
                }
                case 8 -> {
                    if (random.nextInt(4) == 0) {
                        state.closeRead();
                    }
                }
                case 9 -> {
                    if (random.nextInt(4) == 0) {
                        state.closeWrite();
                    }
                }
                case 10 -> {
                    if (random.nextInt(8) == 0) {
                        state.fail(null);
                    }
                }
                default -> handle(state, random.nextInt(4), log, back, backOut);
            }
        }
        state.fail(null);
        handle(state, Integer.MAX_VALUE, log, back, backOut);

        assertThat(log).as("seed %d", seed).endsWith(RAW_CONNECTION_DISCONNECTED);
        assertThat(log).as("seed %d", seed).containsOnlyOnce(RAW_CONNECTION_DISCONNECTED);
        for (EventType once : List.of(
                RAW_CONNECTION_CONNECTED,
                RAW_CONNECTION_CLOSED_READ,
                RAW_CONNECTION_CLOSED_WRITE,
                RAW_CONNECTION_DRAIN_BUFFERS)) {
            assertThat(log.stream().filter(once::equals).count())
                    .as("%s, seed %d: %s", once, seed, log)
                    .isLessThanOrEqualTo(1);
        }
        boolean connected = log.contains(RAW_CONNECTION_CONNECTED);
        assertThat(log.contains(RAW_CONNECTION_CLOSED_READ))
                .as("seed %d: %s", seed, log)
                .isEqualTo(connected);
        assertThat(log.contains(RAW_CONNECTION_CLOSED_WRITE))
                .as("seed %d: %s", seed, log)
                .isEqualTo(connected);
        // ByteBuffers compare by content; these are to be the same ones.
        assertSame(back, lent, seed);
        assertSame(backOut, lentOut, seed);
    }

    private static void assertSame(List<ByteBuffer> back, List<ByteBuffer> lent, int seed) {
        assertThat(back.size()).as("seed %d", seed).isEqualTo(lent.size());
        for (int i = 0; i < back.size(); i++) {
            assertThat(back.get(i)).as("seed %d", seed).isSameAs(lent.get(i));
        }
    }

    private static void handle(
            RawState state, int most, List<EventType> log, List<ByteBuffer> back, List<ByteBuffer> backOut) {
        for (int i = 0; i < most; i++) {
            EventType type = state.next();
            if (type == null) {
                return;
            }
            log.add(type);
            if (type == RAW_CONNECTION_READ || type == RAW_CONNECTION_DRAIN_BUFFERS) {
                for (ByteBuffer buffer = state.takeRead(); buffer != null; buffer = state.takeRead()) {
                    back.add(buffer);
                }
            }
            if (type == RAW_CONNECTION_WRITTEN || type == RAW_CONNECTION_DRAIN_BUFFERS) {
                for (ByteBuffer buffer = state.takeWritten(); buffer != null; buffer = state.takeWritten()) {
                    backOut.add(buffer);
                }
            }
        }
    }
}
