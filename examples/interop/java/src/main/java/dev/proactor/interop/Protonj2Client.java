package dev.proactor.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;

/** ProtonJ2's own client. */
final class Protonj2Client {

    private Protonj2Client() {}

    public static void main(String[] args) throws Exception {
        Task task = Task.of(args);
        try (Client client = Client.create();
                Connection connection = client.connect(task.host(), task.port())) {
            if (task.sends()) {
                Sender sender = connection.openSender(task.queue());
                List<Tracker> sent = new ArrayList<>();
                for (int i = 0; i < task.count(); i++) {
                    sent.add(sender.send(Message.create(task.body(i))));
                }
                for (Tracker tracker : sent) {
                    if (!tracker.settlementFuture().get(30, TimeUnit.SECONDS).remoteState().isAccepted()) {
                        task.fail(sent.indexOf(tracker), tracker.remoteState());
                    }
                }
            } else {
                Receiver receiver = connection.openReceiver(task.queue(), new ReceiverOptions().creditWindow(100));
                for (int i = 0; i < task.count(); i++) {
                    Delivery delivery = receiver.receive(30, TimeUnit.SECONDS);
                    if (delivery == null) {
                        task.fail(i, "no message");
                        return;
                    }
                    Message<byte[]> message = delivery.message();
                    task.check(i, message.body());
                }
            }
        }
        System.exit(0);
    }
}
