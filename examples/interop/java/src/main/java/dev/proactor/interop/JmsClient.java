package dev.proactor.interop;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import org.apache.qpid.jms.JmsConnectionFactory;

/** Qpid JMS. */
final class JmsClient {

    private JmsClient() {}

    public static void main(String[] args) throws Exception {
        Task task = Task.of(args);
        try (Connection connection =
                new JmsConnectionFactory("amqp://" + task.host() + ":" + task.port()).createConnection()) {
            connection.start();
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(task.queue());
            if (task.sends()) {
                MessageProducer producer = session.createProducer(queue);
                for (int i = 0; i < task.count(); i++) {
                    BytesMessage message = session.createBytesMessage();
                    message.writeBytes(task.body(i));
                    producer.send(message); // returns when it is accepted
                }
            } else {
                MessageConsumer consumer = session.createConsumer(queue);
                for (int i = 0; i < task.count(); i++) {
                    if (!(consumer.receive(30_000) instanceof BytesMessage message)) {
                        task.fail(i, "no message, or not one of bytes");
                        return;
                    }
                    byte[] body = new byte[(int) message.getBodyLength()];
                    message.readBytes(body);
                    task.check(i, body);
                }
            }
        }
        System.exit(0);
    }
}
