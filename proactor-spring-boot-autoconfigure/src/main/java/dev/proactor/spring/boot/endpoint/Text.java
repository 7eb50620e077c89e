package dev.proactor.spring.boot.endpoint;

import dev.proactor.spring.boot.internal.text.PeerText;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.qpid.proton.amqp.Symbol;
import org.jspecify.annotations.Nullable;

/** Words of peers and of URIs, made fit to be shown. */
final class Text {

    private static final int LONGEST = 200;
    private static final int MOST_PROPERTIES = 32;

    private Text() {}

    static @Nullable String clean(@Nullable String words) {
        return words == null ? null : PeerText.line(words, LONGEST);
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static @Nullable String address(@Nullable InetSocketAddress address) {
        if (address == null) {
            return null;
        }
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** Takes the user and the password out. */
    static String withoutUser(String uri) {
        int scheme = uri.indexOf("://");
        int begin = scheme < 0 ? 0 : scheme + 3;
        int at = uri.lastIndexOf('@');
        return at < begin ? uri : uri.substring(0, begin) + uri.substring(at + 1);
    }

    /** Takes out of an error what URIs say of users and passwords. */
    static @Nullable String withoutUsers(@Nullable String error, List<String> uris) {
        String result = error;
        for (String uri : uris) {
            int scheme = uri.indexOf("://");
            int begin = scheme < 0 ? 0 : scheme + 3;
            int at = uri.lastIndexOf('@');
            if (result != null && at > begin) {
                result = result.replace(uri.substring(begin, at + 1), "");
            }
        }
        return result;
    }

    static Map<String, Object> properties(@Nullable Map<?, ?> properties) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (properties != null) {
            for (Map.Entry<?, ?> entry : new ArrayList<>(properties.entrySet())) {
                if (result.size() == MOST_PROPERTIES) {
                    break;
                }
                result.put(String.valueOf(clean(String.valueOf(entry.getKey()))), plain(entry.getValue()));
            }
        }
        return result;
    }

    private static Object plain(@Nullable Object value) {
        if (value instanceof Boolean || value instanceof Integer || value instanceof Long || value instanceof Short) {
            return value;
        }
        if (value == null
                || value instanceof String
                || value instanceof Symbol
                || value instanceof Number
                || value instanceof Character
                || value instanceof UUID
                || value instanceof Date) {
            return String.valueOf(clean(String.valueOf(value)));
        }
        return "(" + value.getClass().getSimpleName() + ")";
    }
}
