// rhea_client.js send|receive HOST:PORT QUEUE COUNT SIZE, with rhea.
'use strict';

const path = require('path');
const rhea = require(require.resolve('rhea', { paths: [process.env.INTEROP_MODULES || path.join(__dirname, 'node_modules')] }));

const [action, peer, queue, countText, sizeText] = process.argv.slice(2);
const count = Number(countText);
const size = Number(sizeText);
const [host, port] = peer.split(':');

function body(index) {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) {
    bytes[i] = (index * 31 + i) % 251;
  }
  return bytes;
}

let sent = 0;
let done = 0;

function fail(reason) {
  console.error(`${done} of ${count}: ${reason}`);
  process.exit(1);
}

function over(context) {
  done++;
  if (done === count) {
    context.connection.close();
  }
}

const container = rhea.create_container();
container.on('connection_open', (context) => {
  if (action === 'send') {
    context.connection.open_sender(queue);
  } else {
    context.connection.open_receiver({ source: queue, credit_window: 100 });
  }
});
container.on('sendable', (context) => {
  while (sent < count && context.sender.sendable()) {
    context.sender.send({ body: rhea.message.data_section(body(sent)) });
    sent++;
  }
});
container.on('accepted', over);
container.on('rejected', () => fail('rejected'));
container.on('released', () => fail('released'));
container.on('message', (context) => {
  if (done === count) {
    return;
  }
  const content = context.message.body.content;
  if (!Buffer.isBuffer(content) || !content.equals(body(done))) {
    fail(`message ${done} is not the one that was sent`);
  }
  over(context);
});
for (const error of ['connection_error', 'sender_error', 'receiver_error', 'error']) {
  container.on(error, (context) => fail(`${error} ${context.error || (context.connection && context.connection.error)}`));
}
container.on('disconnected', () => {
  if (done !== count) {
    fail('disconnected');
  }
});
container.connect({ host, port: Number(port), reconnect: false });
