package dev.proactor.internal.engine;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.MalformedMessageException;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ServerSasl;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.codec.DroppingWritableBuffer;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;

/**
 * Any bytes a peer may send, led by coverage: see docs/testing.md. The first byte picks the options, the second how the rest is cut
 * into pieces. In a plain test run the inputs that are kept in the resources are tried.
 */
class EngineFuzzTest {

    private static final Map<String, String> USERS = Map.of("ann", "secret");

    private static final List<ServerSasl> SERVERS = List.of(
            ServerSasl.anonymous(),
            ServerSasl.none(),
            ServerSasl.of(Authenticator.of(USERS)).plainWithoutTls(true).failuresSlowed(false),
            ServerSasl.anonymous().required(true));

    private static final List<ClientSasl> CLIENTS = List.of(
            ClientSasl.anonymous(),
            ClientSasl.none(),
            ClientSasl.password("ann", "secret").secretsWithoutTls(true),
            ClientSasl.password("ann", "secret").mechanisms("SCRAM-SHA-256"));

    @FuzzTest
    void server(byte[] input) {
        if (input.length < 2) {
            return;
        }
        ListenerOptions options = End.serverOptions()
                .sasl(SERVERS.get(input[0] & 3))
                .maxMessageBytes(250)
                .maxSessions(4)
                .maxLinks(8)
                .maxFrameBytes((input[0] & 4) == 0 ? 512 : 16 * 1024)
                .build();
        End end = HostilePeerTest.server(options);
        feed(end, input);
        HostilePeerTest.check(end, "server");
    }

    @FuzzTest
    void client(byte[] input) {
        if (input.length < 2) {
            return;
        }
        ConnectionOptions options = End.clientOptions()
                .sasl(CLIENTS.get(input[0] & 3))
                .maxMessageBytes(250)
                .build();
        End end = new End(options) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.CONNECTION_INIT) {
                    Session session = ((Connection) context).session();
                    session.open();
                    session.sender("out").open();
                    Receiver receiver = session.receiver("in");
                    receiver.open();
                    receiver.flow(10);
                } else if (type == EventType.LINK_FLOW
                        && context instanceof Sender sender
                        && engine.sendable(sender) > 0) {
                    End.send(sender, "s", new byte[50]);
                } else if (type == EventType.DELIVERY) {
                    Delivery delivery = (Delivery) context;
                    if (!delivery.isPartial()) {
                        delivery.disposition(Accepted.getInstance());
                        delivery.settle();
                    }
                }
            }
        };
        end.runBatch();
        feed(end, input);
        HostilePeerTest.check(end, "client");
    }

    /**
     * What a handler does with what came, and a bridge: it is decoded, or is no message, and encoded, or proton-j throws an exception of
     * several kinds. An error would go through a handler, and so would memory that is taken for what is not there.
     */
    @FuzzTest
    void message(byte[] input) {
        Message message;
        try {
            message = UntrustedMessages.decode(ReadableBuffer.ByteBufferReader.wrap(input));
        } catch (MalformedMessageException notAMessage) {
            return;
        }
        try {
            message.encode(new DroppingWritableBuffer());
        } catch (RuntimeException unfit) {
            // Of several kinds.
            return;
        }
    }

    private static void feed(End end, byte[] input) {
        int piece = (input[1] & 0xff) + 1;
        for (int at = 2; at < input.length; at += piece) {
            int length = Math.min(piece, input.length - at);
            end.engine.input(ByteBuffer.wrap(input, at, length), end.nowNanos);
            end.runBatch();
            if ((at & 1) == 0) {
                end.takeOutput();
                end.runBatch();
            }
        }
    }
}
