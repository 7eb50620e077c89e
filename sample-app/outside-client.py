#!/usr/bin/env python3
"""Sends readings to the gateway: outside-client.py [device] [count]. Needs Debian's python3-qpid-proton."""
import sys
from proton import Message
from proton.utils import BlockingConnection

device = sys.argv[1] if len(sys.argv) > 1 else "outside-1"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 10
sender = BlockingConnection("localhost:5672").create_sender("readings/" + device)
for i in range(count):
    sender.send(Message('{"value": %d}' % i))  # returns once it is accepted, or throws
print(device, "sent", count, "readings, all accepted")
