/* c_client send|receive HOST:PORT QUEUE COUNT SIZE, with Proton C's proactor. */
#include <proton/condition.h>
#include <proton/connection.h>
#include <proton/delivery.h>
#include <proton/link.h>
#include <proton/message.h>
#include <proton/proactor.h>
#include <proton/session.h>
#include <proton/transport.h>
#include <proton/codec.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *queue;
static bool sends;
static long count, size, sent, done;
static bool failed;
static pn_rwbytes_t buffer;
static char *body;

static void fill(long index) {
  for (long i = 0; i < size; i++) body[i] = (char)((index * 31 + i) % 251);
}

static void fail(pn_connection_t *connection, const char *reason) {
  if (!failed) fprintf(stderr, "%ld of %ld: %s\n", done, count, reason);
  failed = true;
  if (connection) pn_connection_close(connection);
}

static void check(pn_condition_t *condition) {
  if (pn_condition_is_set(condition)) fail(NULL, pn_condition_get_description(condition));
}

static void send_some(pn_link_t *link) {
  pn_message_t *message = pn_message();
  while (pn_link_credit(link) > 0 && sent < count) {
    fill(sent);
    pn_message_clear(message);
    pn_message_set_inferred(message, true);
    pn_data_put_binary(pn_message_body(message), pn_bytes((size_t)size, body));
    sent++;
    pn_delivery(link, pn_dtag((const char *)&sent, sizeof(sent)));
    if (pn_message_send(message, link, &buffer) < 0) {
      fail(pn_session_connection(pn_link_session(link)), "can't be encoded");
      break;
    }
  }
  pn_message_free(message);
}

static void settled(pn_connection_t *connection, pn_delivery_t *delivery) {
  if (pn_delivery_remote_state(delivery) != PN_ACCEPTED) {
    if (pn_delivery_remote_state(delivery) || pn_delivery_settled(delivery)) fail(connection, "not accepted");
    return;
  }
  pn_delivery_settle(delivery);
  if (++done == count) pn_connection_close(connection);
}

static void received(pn_connection_t *connection, pn_link_t *link, pn_delivery_t *delivery) {
  if (done == count || pn_delivery_partial(delivery)) return;
  size_t pending = pn_delivery_pending(delivery);
  char *bytes = malloc(pending);
  pn_link_recv(link, bytes, pending);
  pn_message_t *message = pn_message();
  fill(done);
  if (pn_message_decode(message, bytes, pending) != 0) {
    fail(connection, "not a message");
  } else {
    pn_data_t *data = pn_message_body(message);
    pn_data_next(data);
    pn_bytes_t got = pn_data_get_binary(data);
    if (got.size != (size_t)size || memcmp(got.start, body, got.size) != 0) {
      fail(connection, "not the message that was sent");
    } else {
      done++;
    }
  }
  pn_message_free(message);
  free(bytes);
  pn_delivery_update(delivery, PN_ACCEPTED);
  pn_delivery_settle(delivery);
  pn_link_flow(link, 1);
  if (done == count) pn_connection_close(connection);
}

static bool handle(pn_event_t *event) {
  pn_connection_t *connection = pn_event_connection(event);
  switch (pn_event_type(event)) {
    case PN_CONNECTION_INIT: {
      pn_connection_set_container(connection, "c-client");
      pn_connection_open(connection);
      pn_session_t *session = pn_session(connection);
      pn_session_open(session);
      pn_link_t *link = sends ? pn_sender(session, "link") : pn_receiver(session, "link");
      pn_terminus_set_address(sends ? pn_link_target(link) : pn_link_source(link), queue);
      pn_link_open(link);
      if (!sends) pn_link_flow(link, 100);
      break;
    }
    case PN_LINK_FLOW:
      if (sends) send_some(pn_event_link(event));
      break;
    case PN_DELIVERY:
      if (sends) settled(connection, pn_event_delivery(event));
      else received(connection, pn_event_link(event), pn_event_delivery(event));
      break;
    case PN_TRANSPORT_ERROR:
      check(pn_transport_condition(pn_event_transport(event)));
      break;
    case PN_LINK_REMOTE_CLOSE:
      check(pn_link_remote_condition(pn_event_link(event)));
      pn_connection_close(connection);
      break;
    case PN_CONNECTION_REMOTE_CLOSE:
      check(pn_connection_remote_condition(connection));
      pn_connection_close(connection);
      break;
    case PN_PROACTOR_INACTIVE:
      return true;
    default:
      break;
  }
  return false;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  sends = strcmp(argv[1], "send") == 0;
  queue = argv[3];
  count = atol(argv[4]);
  size = atol(argv[5]);
  body = malloc((size_t)size + 1);
  pn_proactor_t *proactor = pn_proactor();
  pn_proactor_connect2(proactor, NULL, NULL, argv[2]);
  for (bool over = false; !over;) {
    pn_event_batch_t *batch = pn_proactor_wait(proactor);
    for (pn_event_t *event; !over && (event = pn_event_batch_next(batch));) over = handle(event);
    pn_proactor_done(proactor, batch);
  }
  pn_proactor_free(proactor);
  free(buffer.start);
  free(body);
  if (!failed && done != count) fail(NULL, "the connection ended");
  return failed ? 1 : 0;
}
