"""python_client.py send|receive HOST:PORT QUEUE COUNT SIZE, with Proton's Python binding."""

import sys

from proton import Message
from proton.handlers import MessagingHandler
from proton.reactor import Container

action, peer, queue, count, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])


def body(index):
    return bytes((index * 31 + i) % 251 for i in range(251)) * (size // 251 + 1)


class Client(MessagingHandler):
    def __init__(self):
        super().__init__(prefetch=100)
        self.sent = 0
        self.done = 0
        self.failure = None

    def on_start(self, event):
        connection = event.container.connect("amqp://" + peer, reconnect=False)
        if action == "send":
            event.container.create_sender(connection, queue)
        else:
            event.container.create_receiver(connection, queue)

    def end(self, event, failure=None):
        self.failure = failure
        event.connection.close()

    def on_sendable(self, event):
        while event.sender.credit and self.sent < count:
            event.sender.send(Message(body=body(self.sent)[:size], inferred=True))
            self.sent += 1

    def on_accepted(self, event):
        self.done += 1
        if self.done == count:
            self.end(event)

    def on_rejected(self, event):
        self.end(event, "rejected")

    def on_released(self, event):
        self.end(event, "released")

    def on_message(self, event):
        if self.done == count:
            return
        if bytes(event.message.body) != body(self.done)[:size]:
            self.end(event, "message %d is not the one that was sent" % self.done)
            return
        self.done += 1
        if self.done == count:
            # Its acceptance goes out with the close.
            self.end(event)

    def on_transport_error(self, event):
        self.failure = str(event.transport.condition)


client = Client()
Container(client).run()
if client.failure or client.done != count:
    sys.exit("%s of %d: %s" % (client.done, count, client.failure or "the connection ended"))
