package dev.proactor.interop;

import io.vertx.core.Vertx;
import io.vertx.proton.ProtonClient;
import io.vertx.proton.ProtonConnection;
import io.vertx.proton.ProtonReceiver;
import io.vertx.proton.ProtonSender;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.message.Message;

/** vertx-proton. All runs on its one event loop. */
final class VertxClient {

    private final Task task;
    private int sent;
    private int done;

    private VertxClient(Task task) {
        this.task = task;
    }

    public static void main(String[] args) {
        VertxClient client = new VertxClient(Task.of(args));
        ProtonClient.create(Vertx.vertx()).connect(client.task.host(), client.task.port(), connected -> {
            if (connected.failed()) {
                client.task.fail(0, connected.cause());
            }
            ProtonConnection connection = connected.result();
            connection.disconnectHandler(ended -> client.task.fail(client.done, "the connection ended"));
            connection.open();
            if (client.task.sends()) {
                client.send(connection);
            } else {
                client.receive(connection);
            }
        });
    }

    private void send(ProtonConnection connection) {
        ProtonSender sender = connection.createSender(task.queue());
        sender.closeHandler(closed -> task.fail(done, closed.cause()));
        sender.sendQueueDrainHandler(free -> {
            while (sent < task.count() && !sender.sendQueueFull()) {
                Message message = Message.Factory.create();
                message.setBody(new Data(new Binary(task.body(sent++))));
                sender.send(message, delivery -> {
                    if (!(delivery.getRemoteState() instanceof Accepted)) {
                        task.fail(done, delivery.getRemoteState());
                    }
                    over(connection);
                });
            }
        });
        sender.open();
    }

    private void receive(ProtonConnection connection) {
        ProtonReceiver receiver = connection.createReceiver(task.queue());
        receiver.closeHandler(closed -> task.fail(done, closed.cause()));
        receiver.setPrefetch(100).setAutoAccept(true).handler((delivery, message) -> {
            Binary body = ((Data) message.getBody()).getValue();
            byte[] bytes = new byte[body.getLength()];
            System.arraycopy(body.getArray(), body.getArrayOffset(), bytes, 0, bytes.length);
            task.check(done, bytes);
            over(connection);
        });
        receiver.open();
    }

    private void over(ProtonConnection connection) {
        if (++done == task.count()) {
            connection.disconnectHandler(ended -> System.exit(0));
            connection.closeHandler(closed -> System.exit(0));
            connection.close();
        }
    }
}
