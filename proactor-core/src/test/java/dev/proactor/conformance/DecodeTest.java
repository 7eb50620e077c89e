package dev.proactor.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.proactor.MalformedMessageException;
import dev.proactor.Proactor;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Decimal128;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedByte;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.DeliveryAnnotations;
import org.apache.qpid.proton.amqp.messaging.MessageAnnotations;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DecodeTest {

    private static final Proactor PROACTOR = Proactor.builder().build();

    @AfterAll
    static void close() {
        PROACTOR.close();
    }

    private static byte[] encoded(Message message) {
        byte[] bytes = new byte[8 * 1024 * 1024];
        return Arrays.copyOf(bytes, message.encode(bytes, 0, bytes.length));
    }

    private static byte[] encoded(Object value) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue(value));
        return encoded(message);
    }

    private static Message decoded(byte[] bytes) {
        return PROACTOR.decode(ReadableBuffer.ByteBufferReader.wrap(bytes));
    }

    private static Object body(byte[] bytes) {
        return ((AmqpValue) decoded(bytes).getBody()).getValue();
    }

    private static void refused(byte[] bytes, String why) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> decoded(bytes))
                .withMessageContaining(why);
    }

    /** Of each type one. */
    private static List<Object> values() {
        return List.of(
                true,
                UnsignedByte.valueOf((byte) 200),
                UnsignedShort.valueOf((short) 60000),
                UnsignedInteger.valueOf(0),
                UnsignedInteger.valueOf(7),
                UnsignedInteger.valueOf(-1),
                UnsignedLong.valueOf(0),
                UnsignedLong.valueOf(7),
                UnsignedLong.valueOf(-1),
                (byte) 1,
                (short) 2,
                3,
                300000,
                4L,
                400000000000L,
                5.5f,
                6.5,
                'c',
                new Date(7),
                new UUID(8, 9),
                new Binary(new byte[] {1, 2}),
                new Binary(new byte[300]),
                "text",
                "t".repeat(300),
                Symbol.valueOf("symbol"),
                Symbol.valueOf("s".repeat(300)),
                new Decimal128(BigDecimal.ONE));
    }

    @Test
    void whatTheCodecEncodesIsDecoded() {
        Map<Object, Object> nested = new LinkedHashMap<>();
        for (Object value : values()) {
            nested.put(value, List.of(value, values()));
        }
        List<Object> more = new ArrayList<>(values());
        more.add(nested);
        more.add(List.of());
        more.add(Map.of());
        assertThat(body(encoded(more))).isEqualTo(more);
    }

    private static byte[] list(int count, int element, byte... more) {
        ByteBuffer bytes = ByteBuffer.allocate(16 + count * (1 + more.length));
        bytes.put(new byte[] {0, 0x53, 0x77, (byte) 0xd0});
        bytes.putInt(4 + count * (1 + more.length)).putInt(count);
        for (int i = 0; i < count; i++) {
            bytes.put((byte) element).put(more);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    @Test
    void asManyValuesAreDecodedAsOneMayHave() {
        assertThat((List<?>) body(list(90_000, 0x41))).hasSize(90_000);
        assertThat((double[]) body(encoded(new double[120_000]))).hasSize(120_000);
    }

    @Test
    void moreValuesThanAHeapCanTakeAreRefused() {
        refused(list(1_000_000, 0x45), "it has more than 100000 values");
        refused(list(200_000, 0x40), "it has more than 100000 values");
        refused(list(150_000, 0xc1, (byte) 1, (byte) 0), "it has more than 100000 values");
        // An array of empty lists: one byte says so for all.
        byte[] empty = {0, 0x53, 0x77, (byte) 0xf0, 0, 0, 0, 5, 0, 1, (byte) 0x86, (byte) 0xa1, 0x45};
        refused(empty, "it has more than 100000 values");
        // One of lists of two bytes each.
        int count = 150_000;
        ByteBuffer lists = ByteBuffer.allocate(13 + 2 * count).put(new byte[] {0, 0x53, 0x77, (byte) 0xf0});
        lists.putInt(5 + 2 * count).putInt(count).put((byte) 0xc0);
        while (lists.hasRemaining()) {
            lists.put(new byte[] {1, 0});
        }
        refused(lists.array(), "it has more than 100000 values");
    }

    @Test
    void arraysAreDecoded() {
        Object[] arrays = {
            new String[] {"a", "b".repeat(300)},
            new Symbol[] {Symbol.valueOf("a")},
            new UUID[] {new UUID(1, 2)},
            new Object[] {List.of(1), List.of(2, 3)},
            new String[0]
        };
        List<?> read = (List<?>) body(encoded(Arrays.asList(arrays)));
        assertThat(Arrays.deepEquals(read.toArray(), arrays)).isTrue();
    }

    @Test
    void allSectionsAreDecoded() {
        Message message = Message.Factory.create();
        message.setDurable(true);
        message.setDeliveryAnnotations(new DeliveryAnnotations(Map.of(Symbol.valueOf("x-d"), 1)));
        message.setMessageAnnotations(new MessageAnnotations(Map.of(Symbol.valueOf("x-m"), List.of(1, 2))));
        message.setMessageId("id");
        message.setApplicationProperties(new ApplicationProperties(Map.of("k", "v")));
        message.setBody(new Data(new Binary("a body".getBytes(UTF_8))));
        Message read = decoded(encoded(message));
        assertThat(read.isDurable()).isTrue();
        assertThat(read.getMessageId()).isEqualTo("id");
        assertThat(read.getMessageAnnotations().getValue()).containsEntry(Symbol.valueOf("x-m"), List.of(1, 2));
        assertThat(read.getApplicationProperties().getValue()).containsEntry("k", "v");
        assertThat(((Data) read.getBody()).getValue().getArray())
                .asString(UTF_8)
                .isEqualTo("a body");
    }

    /** Strings of the same hash, as many as two to the number of pairs. */
    private static String colliding(int i, int pairs) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < pairs; bit++) {
            text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return text.toString();
    }

    private static Map<Object, Object> map(int keys, IntFunction<Object> key) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keys; i++) {
            map.put(key.apply(i), true);
        }
        return map;
    }

    @Test
    void keysThatAreNoSimpleValuesAreRefused() {
        refused(encoded(Map.of(List.of("Aa"), 1)), "a key of a map is a list");
        refused(encoded(Map.of(Map.of("Aa", 1), 1)), "a key of a map is");
        refused(encoded(List.of("deep", Map.of("x", Map.of(List.of(), 1)))), "a key of a map is");
    }

    @Test
    void aMegabyteOfKeysOfOneHashIsRefusedAtOnce() {
        // As bytes: to make the map takes as long as to decode it.
        int count = 50_000;
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            byte[] text = colliding(i, 16).getBytes(US_ASCII);
            entries.write(0xc0);
            entries.write(text.length + 3);
            entries.write(1);
            entries.write(0xa1);
            entries.write(text.length);
            entries.write(text, 0, text.length);
            entries.write(0x41);
        }
        byte[] bytes = ByteBuffer.allocate(12 + entries.size())
                .put(new byte[] {0x00, 0x53, 0x77, (byte) 0xd1})
                .putInt(entries.size() + 4)
                .putInt(2 * count)
                .put(entries.toByteArray())
                .array();
        // Of the processor, which others may want too.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long began = threads.getCurrentThreadCpuTime();
        refused(bytes, "a key of a map is a list");
        assertThat(threads.getCurrentThreadCpuTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void manyKeysOfOneHashAreDecodedWhereTheyAreOfOneTypeThatHasAnOrder() {
        assertThat((Map<?, ?>) body(encoded(map(20_000, i -> colliding(i, 15)))))
                .hasSize(20_000);
    }

    @Test
    void fewKeysWithoutAnOrderAreDecodedAndManyRefused() {
        IntFunction<Object> binaries = i -> new Binary(colliding(i, 12).getBytes(US_ASCII));
        assertThat((Map<?, ?>) body(encoded(map(256, binaries)))).hasSize(256);
        refused(encoded(map(257, binaries)), "more than 256 keys of a map have no order");
        // Of two types, each in order.
        IntFunction<Object> mixed = i -> i % 2 == 0 ? colliding(i, 12) : Symbol.valueOf(colliding(i, 12));
        assertThat((Map<?, ?>) body(encoded(map(512, mixed)))).hasSize(512);
        refused(encoded(map(515, mixed)), "more than 256 keys of a map have no order");
    }

    @Test
    void whateverIsCutOffOrChangedIsAMessageOrMalformed() {
        Map<Object, Object> map = new LinkedHashMap<>();
        values().forEach(value -> map.put(value, List.of(value)));
        byte[] whole = encoded(map);
        for (int length = 0; length < whole.length; length++) {
            decodeOrNot(Arrays.copyOf(whole, length));
            for (int value : new int[] {0, 0x40, 0x45, 0xc1, 0xd0, 0xf0, 0xff}) {
                byte[] changed = whole.clone();
                changed[length] = (byte) value;
                decodeOrNot(changed);
            }
        }
    }

    private static void decodeOrNot(byte[] bytes) {
        assertThatNoException().isThrownBy(() -> {
            try {
                decoded(bytes);
            } catch (MalformedMessageException malformed) {
                assertThat(malformed).hasMessageStartingWith("the delivery is no AMQP message");
            }
        });
    }

    @Test
    void whatIsNestedDeeplyIsMalformed() {
        byte[] bytes = new byte[3 + 200_000 * 3];
        bytes[1] = 0x53;
        bytes[2] = 0x77;
        for (int i = 3; i < bytes.length; i += 3) {
            bytes[i] = (byte) 0xc0;
            bytes[i + 1] = (byte) 0xff;
            bytes[i + 2] = 1;
        }
        refused(bytes, "nested deeper");
    }

    @Test
    void whatIsNestedDeeperThanTheCodecTakesIsMalformedForThatReason() {
        Object value = "x";
        for (int levels = 0; levels < 32; levels++) {
            value = List.of(value);
        }
        assertThat(body(encoded(value))).isEqualTo(value);
        refused(encoded(List.of(value)), "the delivery is no AMQP message: The nesting of types");
    }
}
