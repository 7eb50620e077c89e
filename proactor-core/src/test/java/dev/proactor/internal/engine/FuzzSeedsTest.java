package dev.proactor.internal.engine;

import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.join;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.MessageAnnotations;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.security.SaslMechanisms;
import org.apache.qpid.proton.amqp.security.SaslOutcome;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;

/** What fuzzing begins with: conversations that go well. {@code -Dfuzz.seeds.write=true} writes them anew. */
class FuzzSeedsTest {

    private static final Path INPUTS = Path.of("src/test/resources/dev/proactor/internal/engine/EngineFuzzTestInputs");

    @Test
    void theSeedsAreWhatTheCodeMakes() throws IOException {
        for (Map.Entry<String, byte[]> seed : seeds().entrySet()) {
            Path file = INPUTS.resolve(seed.getKey());
            if (Boolean.getBoolean("fuzz.seeds.write")) {
                Files.createDirectories(file.getParent());
                Files.write(file, seed.getValue());
            }
            assertThat(file).hasBinaryContent(seed.getValue());
        }
    }

    private static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new TreeMap<>();
        byte[][] conversation = HostilePeerTest.conversation();
        byte[] all = join(conversation);
        byte[] afterSasl = join(Arrays.copyOfRange(conversation, 2, conversation.length));
        for (int piece : new int[] {0, 6, 255}) {
            seeds.put("server/anonymous-" + piece, input(0, piece, all));
            seeds.put("server/large-frames-" + piece, input(4, piece, all));
            seeds.put("server/without-sasl-" + piece, input(1, piece, afterSasl));
            seeds.put(
                    "server/plain-" + piece,
                    input(2, piece, join(Frames.SASL, init("PLAIN", "\0ann\0secret"), afterSasl)));
            seeds.put(
                    "server/scram-" + piece,
                    input(2, piece, join(Frames.SASL, init("SCRAM-SHA-256", "n,,n=ann,r=fyko+d2lbbFgONRv9qkxdawL"))));
            byte[] server = join(
                    Frames.AMQP,
                    amqp(0, Frames.open()),
                    amqp(0, Frames.begin()),
                    amqp(0, Frames.attach("out", 0, Role.RECEIVER)),
                    amqp(0, Frames.attach("in", 1, Role.SENDER)),
                    amqp(0, Frames.flow(0, 0, 10)),
                    amqp(0, Frames.transfer(1, 0), new byte[20]),
                    amqp(0, Frames.disposition(Role.RECEIVER, 0, 0, true)),
                    amqp(0, Frames.detach(0, true)),
                    amqp(0, Frames.end()),
                    amqp(0, Frames.close()));
            seeds.put("client/without-sasl-" + piece, input(1, piece, server));
            seeds.put("client/anonymous-" + piece, input(0, piece, join(welcome("ANONYMOUS"), server)));
            seeds.put("client/plain-" + piece, input(2, piece, join(welcome("PLAIN"), server)));
            seeds.put("client/scram-" + piece, input(3, piece, join(welcome("SCRAM-SHA-256"), server)));
        }
        seeds.put("message/text", encoded(new AmqpValue("hello")));
        seeds.put("message/data", encoded(new Data(new Binary(new byte[40]))));
        seeds.put("message/list", encoded(new AmqpSequence(List.of(1, 2L, "three", new Date(4), 5.0))));
        seeds.put(
                "message/map",
                encoded(new AmqpValue(new TreeMap<>(Map.of("a", List.of(true, 'c'), "b", Map.of("c", 1))))));
        seeds.put("message/array", encoded(new AmqpValue(new Symbol[] {Symbol.valueOf("x"), Symbol.valueOf("y")})));
        return seeds;
    }

    private static byte[] input(int options, int piece, byte[] bytes) {
        return join(new byte[] {(byte) options, (byte) piece}, bytes);
    }

    private static byte[] init(String mechanism, String response) {
        SaslInit init = new SaslInit();
        init.setMechanism(Symbol.valueOf(mechanism));
        init.setInitialResponse(new Binary(response.getBytes(UTF_8)));
        return Frames.sasl(init);
    }

    private static byte[] welcome(String mechanism) {
        SaslMechanisms mechanisms = new SaslMechanisms();
        mechanisms.setSaslServerMechanisms(Symbol.valueOf(mechanism));
        SaslOutcome outcome = new SaslOutcome();
        outcome.setCode(SaslCode.OK);
        return join(Frames.SASL, Frames.sasl(mechanisms), Frames.sasl(outcome));
    }

    private static byte[] encoded(Section body) {
        Message message = Message.Factory.create();
        message.setDurable(true);
        message.setMessageId("id-1");
        message.setCorrelationId(7L);
        message.setAddress("queue");
        message.setSubject("subject");
        message.setApplicationProperties(new ApplicationProperties(new TreeMap<>(Map.of("a", 1, "b", "two"))));
        message.setMessageAnnotations(new MessageAnnotations(new TreeMap<>(Map.of(Symbol.valueOf("x-opt"), 3))));
        message.setBody(body);
        byte[] bytes = new byte[1000];
        return Arrays.copyOf(bytes, message.encode(bytes, 0, bytes.length));
    }
}
