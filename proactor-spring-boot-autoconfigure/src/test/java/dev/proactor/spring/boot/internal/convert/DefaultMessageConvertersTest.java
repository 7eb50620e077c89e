package dev.proactor.spring.boot.internal.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.ProactorMessageConverter;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.springframework.core.ParameterizedTypeReference;
import tools.jackson.databind.json.JsonMapper;

class DefaultMessageConvertersTest {

    private static final UUID ID = UUID.fromString("00000000-0000-0001-0000-000000000002");

    private final MessageConverters plain = new DefaultMessageConverters(List.of(), null);
    private final MessageConverters json = new DefaultMessageConverters(
            List.of(), new JacksonConversion(JsonMapper.builder().build()));

    record Reading(String device, int value) {}

    record Readings(List<Reading> readings, Map<String, Integer> counts) {}

    static final class Ring {
        public Ring getSelf() {
            return this;
        }
    }

    // ---- reading, without JSON

    @Test
    void readsTextFromTextBytesAndSimpleValues() {
        assertThat(read(plain, String.class, value("hällo"))).isEqualTo("hällo");
        assertThat(read(plain, String.class, data("hällo"))).isEqualTo("hällo");
        assertThat(read(plain, String.class, value(new Binary("hällo".getBytes(UTF_8)))))
                .isEqualTo("hällo");
        assertThat(read(plain, String.class, value(42))).isEqualTo("42");
        assertThat(read(plain, String.class, value(UnsignedInteger.valueOf(-1))))
                .isEqualTo("4294967295");
        assertThat(read(plain, String.class, value(true))).isEqualTo("true");
        assertThat(read(plain, String.class, value(ID))).isEqualTo(ID.toString());
        assertThat(read(plain, String.class, value(Symbol.valueOf("s")))).isEqualTo("s");
        assertThat(read(plain, String.class, value(new Date(0)))).isEqualTo("1970-01-01T00:00:00Z");
    }

    @Test
    void refusesTextThatIsNone() {
        assertUnfit(
                plain,
                String.class,
                new Data(new Binary(new byte[] {'a', (byte) 0xff})),
                "expected text, found bytes that are not UTF-8");
        assertUnfit(plain, String.class, value(Map.of("secret", 1)), "expected text, found a map");
        assertUnfit(plain, String.class, new AmqpSequence(List.of(1)), "expected text, found a list");
    }

    @Test
    void readsBytesFromDataBinaryAndText() {
        Binary inTheMiddle = new Binary(new byte[] {1, 2, 3, 4}, 1, 2);
        assertThat(read(plain, byte[].class, new Data(inTheMiddle))).isEqualTo(new byte[] {2, 3});
        assertThat(read(plain, byte[].class, value(inTheMiddle))).isEqualTo(new byte[] {2, 3});
        assertThat(read(plain, byte[].class, value("ä"))).isEqualTo("ä".getBytes(UTF_8));
        assertUnfit(plain, byte[].class, value(1), "expected bytes, found a number");
    }

    @Test
    void givesABodyAsAmqpHasIt() {
        assertThat(read(plain, Object.class, value(UnsignedLong.valueOf(1)))).isEqualTo(UnsignedLong.valueOf(1));
        assertThat(read(plain, Object.class, data("x"))).isEqualTo("x".getBytes(UTF_8));
        assertThat(read(plain, Object.class, new AmqpSequence(List.of(1, 2)))).isEqualTo(List.of(1, 2));
        assertThat(read(plain, Object.class, null)).isNull();
    }

    @Test
    void refusesAMessageWithoutABody() {
        for (Type type : List.of(String.class, byte[].class, Map.class, List.class, int.class, UUID.class)) {
            assertUnfit(plain, type, null, "the message has no body");
        }
        assertUnfit(json, Reading.class, null, "the message has no body");
    }

    @Test
    void readsNumbersWhereNothingIsLost() {
        assertThat(read(plain, int.class, value(7))).isEqualTo(7);
        assertThat(read(plain, int.class, value(7L))).isEqualTo(7);
        assertThat(read(plain, Long.class, value(UnsignedInteger.valueOf(-1)))).isEqualTo(4294967295L);
        assertThat(read(plain, double.class, value(1.5f))).isEqualTo(1.5);
        assertThat(read(plain, BigDecimal.class, value(3))).isEqualTo(new BigDecimal(3));
        assertThat(read(plain, boolean.class, value(true))).isEqualTo(true);
        assertThat(read(plain, UUID.class, value(ID))).isEqualTo(ID);
        assertUnfit(
                plain, int.class, value(1L << 40), "expected a number that fits into an Integer, found another one");
        assertUnfit(plain, int.class, value(1.5), "expected a number that fits into an Integer, found another one");
        assertUnfit(plain, int.class, value("7"), "expected a number, found text");
        assertUnfit(plain, boolean.class, value(1), "expected a boolean, found a number");
        assertUnfit(plain, UUID.class, data("x"), "expected a UUID, found bytes");
    }

    @Test
    void readsMapsAndLists() {
        Map<Object, Object> body = Map.of(Symbol.valueOf("a"), 1);
        assertThat(read(plain, Map.class, value(body))).isEqualTo(body);
        assertThat(read(plain, mapOfText(), value(body))).isEqualTo(Map.of("a", 1));
        assertThat(read(plain, List.class, value(List.of(1)))).isEqualTo(List.of(1));
        assertUnfit(plain, Map.class, data("{}"), "expected a map, found bytes");
        assertUnfit(plain, mapOfText(), value(Map.of(1, 2)), "expected a map with text as keys");
    }

    @Test
    void readsNothingElseWithoutJson() {
        assertThat(plain.reader(Reading.class)).isNull();
        assertThat(plain.reader(listOfReadings())).isNull();
    }

    // ---- reading JSON

    @Test
    void readsObjectsFromJsonInTextAndBytesAndFromMaps() {
        Reading reading = new Reading("d1", 3);
        assertThat(read(json, Reading.class, value("{\"device\":\"d1\",\"value\":3}")))
                .isEqualTo(reading);
        assertThat(read(json, Reading.class, data("{\"device\":\"d1\",\"value\":3}")))
                .isEqualTo(reading);
        assertThat(read(
                        json,
                        Reading.class,
                        value(Map.of("device", Symbol.valueOf("d1"), "value", UnsignedLong.valueOf(3)))))
                .isEqualTo(reading);
        assertThat(read(json, listOfReadings(), data("[{\"device\":\"d1\",\"value\":3}]")))
                .isEqualTo(List.of(reading));
        assertThat(read(json, listOfReadings(), new AmqpSequence(List.of(Map.of("device", "d1", "value", 3)))))
                .isEqualTo(List.of(reading));
        assertThat(read(json, Map.class, data("{\"a\":1}"))).isEqualTo(Map.of("a", 1));
        assertThat(read(json, int.class, data("7"))).isEqualTo(7);
        assertThat(read(json, Instant.class, data("\"2026-01-02T03:04:05Z\"")))
                .isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
    }

    @Test
    void saysWhereJsonDoesNotFitAndNothingOfWhatItSays() {
        assertUnfit(
                json,
                Reading.class,
                data("{\"device\":\"d1\",\n \"value\":\"s3cret\"}"),
                "expected JSON of a Reading, with an int, at value, line 2, column 10");
        assertUnfit(
                json, Reading.class, data("s3cret"), "expected JSON of a Reading: it is malformed, line 1, column 1");
        assertUnfit(
                json,
                Readings.class,
                data("{\"readings\":[{\"device\":\"d\",\"value\":[\"s3cret\"]}]}"),
                "expected JSON of a Readings, with an int, at readings[0].value, line 1, column 36");
        assertUnfit(
                json,
                Readings.class,
                data("{\"counts\":{\"s3cret\":\"x\"}}"),
                "expected JSON of a Readings, with an Integer, at counts.*, line 1, column 21");
        assertUnfit(
                json,
                Reading.class,
                value(Map.of("device", "d1", "value", "s3cret")),
                "expected JSON of a Reading, with an int, at value");
        assertUnfit(
                json,
                Runnable.class,
                data("{\"a\":\"s3cret\"}"),
                "a Runnable can't be made from JSON: its class lacks what Jackson needs, line 1, column 1");
        assertUnfit(json, Reading.class, value(1), "expected JSON or a map, found a number");
        assertUnfit(json, int.class, data("null"), "expected a number, found null");
    }

    // ---- writing

    @Test
    void writesWhatAmqpHasATypeFor() {
        Message whole = Message.Factory.create();
        assertThat(plain.write(whole)).isSameAs(whole);
        assertThat(whole.isDurable()).isFalse();
        assertThat(plain.write("kept over a restart").isDurable()).isTrue();
        for (Object body : List.of("x", 1, 1L, 1.5, true, 'c', ID, new Date(0), Symbol.valueOf("s"), List.of(1))) {
            assertThat(((AmqpValue) plain.write(body).getBody()).getValue()).isEqualTo(body);
        }
        assertThat(((Data) plain.write(new byte[] {1}).getBody()).getValue()).isEqualTo(new Binary(new byte[] {1}));
        assertThat(((AmqpValue) plain.write(Map.of("a", new byte[] {1})).getBody()).getValue())
                .isEqualTo(Map.of("a", new Binary(new byte[] {1})));
    }

    @Test
    void refusesAtOnceWhatTheCodecCouldNotEncode() {
        assertThatThrownBy(() -> json.write(Map.of("a", List.of(Instant.EPOCH))))
                .isInstanceOf(MessageConversionException.class)
                .hasMessageStartingWith("AMQP has no type for an Instant within a Map or List");
        List<Object> itself = new ArrayList<>();
        itself.add(itself);
        assertThatThrownBy(() -> json.write(itself)).hasMessageContaining("contains itself");
    }

    @Test
    void writesOtherObjectsAsJson() {
        Message message = json.write(new Reading("d1", 3));
        assertThat(((Data) message.getBody()).getValue())
                .isEqualTo(new Binary("{\"device\":\"d1\",\"value\":3}".getBytes(UTF_8)));
        assertThat(message.getContentType()).isEqualTo("application/json");
        assertThatThrownBy(() -> json.write(new Ring()))
                .isInstanceOf(MessageConversionException.class)
                .hasMessageStartingWith("a Ring can't be written as JSON");
    }

    @Test
    void namesTheRemedyWhereNothingWritesAType() {
        assertThatThrownBy(() -> plain.write(new Reading("s3cret", 3)))
                .isInstanceOf(MessageConversionException.class)
                .hasMessageContaining(Reading.class.getName())
                .hasMessageContaining("spring-boot-starter-jackson")
                .hasMessageNotContaining("s3cret");
    }

    // ---- the application's own

    @Test
    void asksTheApplicationsConvertersFirstInTheirOrder() {
        MessageConverters converters = new DefaultMessageConverters(
                List.of(new Fixed("a", Reading.class), new Fixed("b", String.class), new Fixed("c", String.class)),
                null);
        assertThat(read(converters, Reading.class, value("x"))).isEqualTo("a");
        assertThat(read(converters, String.class, value("x"))).isEqualTo("b");
        assertThat(converters.write("x").getSubject()).isEqualTo("b");
        assertThat(converters.write(1).getSubject()).isNull();
    }

    private record Fixed(String name, Class<?> type) implements ProactorMessageConverter {
        @Override
        public boolean canRead(Type wanted) {
            return wanted == type;
        }

        @Override
        public Object read(Message message, Type wanted) {
            return name;
        }

        @Override
        public Message write(Object body) {
            if (!type.isInstance(body)) {
                return null;
            }
            Message message = Message.Factory.create();
            message.setSubject(name);
            return message;
        }
    }

    // ---- helpers

    private static Type listOfReadings() {
        return new ParameterizedTypeReference<List<Reading>>() {}.getType();
    }

    private static Type mapOfText() {
        return new ParameterizedTypeReference<Map<String, Object>>() {}.getType();
    }

    private static Section value(Object value) {
        return new AmqpValue(value instanceof Map<?, ?> map ? new LinkedHashMap<>(map) : value);
    }

    private static Section data(String text) {
        return new Data(new Binary(text.getBytes(UTF_8)));
    }

    private static Object read(MessageConverters converters, Type type, Section body) {
        Message message = Message.Factory.create();
        message.setBody(body);
        return converters.reader(type).read(message);
    }

    private static void assertUnfit(MessageConverters converters, Type type, Section body, String words) {
        assertThatThrownBy(() -> read(converters, type, body))
                .isInstanceOf(MessageConversionException.class)
                .hasMessage(words)
                .hasNoCause();
    }
}
