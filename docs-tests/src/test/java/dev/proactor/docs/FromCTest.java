package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The tables of docs/from-c.md have all of C's calls, and what they name in Java is there. */
class FromCTest {

    private static final Path DOCUMENT = Path.of("docs/from-c.md");

    /** The public functions of Proton C's headers proactor.h, listener.h, raw_connection.h and netaddr.h, and of event.h those of events. */
    private static final String FUNCTIONS = """
            pn_proactor_addr pn_proactor pn_proactor_free pn_proactor_connect2 pn_proactor_connect pn_proactor_listen
            pn_proactor_disconnect pn_proactor_wait pn_proactor_get pn_event_batch_next pn_event_batch_proactor
            pn_event_batch_listener pn_event_batch_connection pn_proactor_done pn_proactor_interrupt pn_proactor_set_timeout
            pn_proactor_cancel_timeout pn_proactor_release_connection pn_connection_wake pn_connection_write_flush
            pn_connection_proactor pn_event_proactor pn_proactor_now pn_proactor_now_64 pn_proactor_raw_connect

            pn_listener pn_listener_free pn_listener_accept2 pn_listener_accept pn_listener_condition pn_listener_get_context
            pn_listener_set_context pn_listener_attachments pn_listener_close pn_listener_proactor pn_event_listener
            pn_listener_raw_accept

            pn_raw_connection pn_raw_connection_local_addr pn_raw_connection_remote_addr pn_raw_connection_close
            pn_raw_connection_read_close pn_raw_connection_write_close pn_raw_connection_read_buffers_capacity
            pn_raw_connection_write_buffers_capacity pn_raw_connection_give_read_buffers pn_raw_connection_take_read_buffers
            pn_raw_connection_write_buffers pn_raw_connection_take_written_buffers pn_raw_connection_is_read_closed
            pn_raw_connection_is_write_closed pn_raw_connection_wake pn_raw_connection_condition pn_raw_connection_get_context
            pn_raw_connection_set_context pn_raw_connection_attachments pn_event_raw_connection pn_event_batch_raw_connection

            pn_netaddr_str pn_transport_local_addr pn_transport_remote_addr pn_listener_addr pn_netaddr_next
            pn_netaddr_sockaddr pn_netaddr_socklen pn_netaddr_host_port pn_netaddr_local pn_netaddr_remote pn_netaddr_listening

            pn_event_type pn_event_type_name pn_event_class pn_event_context pn_event_connection pn_event_session pn_event_link
            pn_event_delivery pn_event_transport pn_event_attachments pn_event_condition
            """;

    /** Functions of other headers that the tables have. */
    private static final String OTHERS = """
            pn_delivery_abort pn_connection_set_container pn_connection_set_hostname pn_connection_set_context
            pn_transport_set_idle_timeout pn_transport_set_max_frame pn_transport_set_channel_max pn_connection_set_user
            pn_connection_set_password pn_sasl_allowed_mechs pn_sasl_set_allow_insecure_mechs pn_transport_require_auth
            pn_transport_require_encryption pn_ssl_domain_allow_unsecured_client pn_ssl_domain_set_credentials
            pn_ssl_domain_set_trusted_ca_db pn_ssl_domain_set_peer_authentication pn_ssl_set_peer_hostname
            pn_ssl_get_protocol_name pn_ssl_get_cipher_name pn_ssl_get_remote_subject pn_transport_get_user pn_sasl_get_user
            pn_sasl_get_mech
            """;

    /** The types of event.h, but for those of the reactor and of selectables. */
    private static final String EVENTS = """
            CONNECTION_INIT CONNECTION_BOUND CONNECTION_UNBOUND CONNECTION_LOCAL_OPEN CONNECTION_REMOTE_OPEN
            CONNECTION_LOCAL_CLOSE CONNECTION_REMOTE_CLOSE CONNECTION_FINAL SESSION_INIT SESSION_LOCAL_OPEN SESSION_REMOTE_OPEN
            SESSION_LOCAL_CLOSE SESSION_REMOTE_CLOSE SESSION_FINAL LINK_INIT LINK_LOCAL_OPEN LINK_REMOTE_OPEN LINK_LOCAL_CLOSE
            LINK_REMOTE_CLOSE LINK_LOCAL_DETACH LINK_REMOTE_DETACH LINK_FLOW LINK_FINAL DELIVERY TRANSPORT
            TRANSPORT_AUTHENTICATED TRANSPORT_ERROR TRANSPORT_HEAD_CLOSED TRANSPORT_TAIL_CLOSED TRANSPORT_CLOSED CONNECTION_WAKE
            LISTENER_ACCEPT LISTENER_CLOSE PROACTOR_INTERRUPT PROACTOR_TIMEOUT PROACTOR_INACTIVE LISTENER_OPEN
            RAW_CONNECTION_CONNECTED RAW_CONNECTION_CLOSED_READ RAW_CONNECTION_CLOSED_WRITE RAW_CONNECTION_DISCONNECTED
            RAW_CONNECTION_NEED_READ_BUFFERS RAW_CONNECTION_NEED_WRITE_BUFFERS RAW_CONNECTION_READ RAW_CONNECTION_WRITTEN
            RAW_CONNECTION_WAKE RAW_CONNECTION_DRAIN_BUFFERS
            """;

    private static final List<String> PACKAGES = List.of(
            "dev.proactor.",
            "dev.proactor.security.",
            "dev.proactor.spring.boot.handler.",
            "dev.proactor.spring.boot.connection.",
            "dev.proactor.spring.boot.template.",
            "org.apache.qpid.proton.engine.",
            "org.apache.qpid.proton.amqp.transport.");

    private static Set<String> words(String text) {
        return new TreeSet<>(Arrays.asList(text.strip().split("\\s+")));
    }

    /** The cells of all rows, the heads of tables left out. */
    private static List<List<String>> rows() {
        return Block.text(DOCUMENT)
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| ---") && !line.startsWith("| C |"))
                .map(line ->
                        Stream.of(line.split("\\|")).skip(1).map(String::strip).toList())
                .toList();
    }

    private static List<String> code(String cell) {
        return Pattern.compile("`([^`]+)`")
                .matcher(cell)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void everyFunctionOfTheProactorsHeadersHasARow() {
        List<String> shown = new ArrayList<>();
        rows().forEach(row ->
                code(row.get(0)).stream().filter(name -> name.startsWith("pn_")).forEach(shown::add));
        assertThat(shown).doesNotHaveDuplicates();
        Set<String> all = words(FUNCTIONS);
        all.addAll(words(OTHERS));
        assertThat(shown).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void whatTheRowsNameInJavaIsThere() {
        List<String> missing = new ArrayList<>();
        int checked = 0;
        for (List<String> row : rows()) {
            for (String cell : row.subList(1, row.size())) {
                for (String name : code(cell)) {
                    if (name.matches("(proactor|spring|local)\\..*")) {
                        continue; // properties, which another test looks up
                    }
                    checked++;
                    if (!isThere(name)) {
                        missing.add(name);
                    }
                }
            }
            assertThat(row.get(1)).as("in the row of " + row.get(0)).isNotEmpty();
        }
        assertThat(missing).isEmpty();
        assertThat(checked).isGreaterThan(100);
    }

    /** {@code @Annotation}, {@code Type}, or {@code Type.method(arguments)}, of which the number counts. */
    private static boolean isThere(String name) {
        Matcher call = Pattern.compile("([A-Z]\\w*(?:\\.[A-Z]\\w*)?)\\.([a-z]\\w*)\\((.*)\\)")
                .matcher(name);
        if (!call.matches()) {
            return type(name.replaceFirst("^@", "")) != null;
        }
        Class<?> type = type(call.group(1));
        int arguments = call.group(3).isEmpty() ? 0 : call.group(3).split(",").length;
        return type != null
                && Arrays.stream(type.getMethods())
                        .filter(method -> method.getName().equals(call.group(2)))
                        .mapToInt(Method::getParameterCount)
                        .anyMatch(count -> count == arguments);
    }

    private static @Nullable Class<?> type(String name) {
        for (String start : PACKAGES) {
            try {
                return Class.forName(start + name.replace('.', '$'));
            } catch (ClassNotFoundException elsewhere) {
                // the next package may have it
            }
        }
        return null;
    }

    @Test
    void eventsAreThoseOfCButForThoseThatItSaysNeverCome() {
        String text = Block.text(DOCUMENT);
        int begin = text.indexOf("These never come:");
        Set<String> never = code(text.substring(begin, text.indexOf(". ", begin))).stream()
                .map(name -> name.replaceFirst("^PN_", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> ours = Arrays.stream(EventType.values()).map(Enum::name).collect(Collectors.toSet());

        assertThat(ours).doesNotContainAnyElementsOf(never);
        never.addAll(ours);
        assertThat(never).isEqualTo(words(EVENTS));
    }
}
