package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.NetworkAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/** Checks values of properties: a bad one fails the start with its name, the value, and what would be right. */
final class Checks {

    private static final Duration LONGEST = Duration.ofDays(24);
    private static final String PORT_IS_NOT_KNOWN =
            ". A port 0 of a listener is known only once the listener is bound: give it another port, or register"
                    + " the connection when the application has started (ProactorConnections.register)";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

    private Checks() {}

    static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(property, value, reason);
    }

    static int inRange(String property, int value, int least, int most, String what) {
        if (value < least || value > most) {
            throw invalid(
                    property,
                    value,
                    "must be " + what + ", from " + least + (most == Integer.MAX_VALUE ? "" : " to " + most));
        }
        return value;
    }

    static String notEmpty(String property, @Nullable String value, String what) {
        if (value == null || value.isBlank()) {
            throw invalid(property, value, "must be " + what);
        }
        return value;
    }

    static void known(String property, String name, List<String> names) {
        if (!names.contains(name)) {
            throw invalid(
                    property,
                    name,
                    "must be the name of a connection; "
                            + (names.isEmpty()
                                    ? "none is configured under proactor.connections"
                                    : "there are: " + String.join(", ", names)));
        }
    }

    static Duration timeout(String property, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw invalid(property, value, "must be a time from 0 to 24 days, such as 30s");
        }
        return value;
    }

    static int frameSize(String property, DataSize value) {
        if (value.toBytes() < 512 || value.toBytes() > DataSize.ofMegabytes(16).toBytes()) {
            throw invalid(property, value, "must be a size from 512B to 16MB");
        }
        return (int) value.toBytes();
    }

    static long messageSize(String property, DataSize value) {
        if (value.toBytes() < 1) {
            throw invalid(property, value, "must be a size of 1B or more");
        }
        return value.toBytes();
    }

    static long inputSize(String property, DataSize value) {
        if (value.toBytes() < DataSize.ofKilobytes(16).toBytes()
                || value.toBytes() > DataSize.ofTerabytes(1).toBytes()) {
            throw invalid(property, value, "must be a size from 16KB to 1TB");
        }
        return value.toBytes();
    }

    static void name(String map, String name) {
        if (!NAME.matcher(name).matches()) {
            throw invalid(map + "." + name, name, "a name has letters, digits, '.', '-' and '_' only");
        }
    }

    /** All of one scheme: whether a connection is encrypted must not depend on which of its peers is up. */
    static void uris(String at, List<String> uris, @Nullable Boolean tls) {
        String property = at + "uris";
        uris.forEach(uri -> uri(property, uri));
        long encrypted = uris.stream().filter(Checks::isTls).count();
        if (encrypted > 0 && encrypted < uris.size()) {
            throw invalid(property, uris, "must all be amqp:// or all be amqps://");
        }
        if (encrypted > 0 && Boolean.FALSE.equals(tls)) {
            throw invalid(at + "ssl.enabled", false, "must be true, or not set, for amqps:// uris");
        }
    }

    static boolean isTls(String uri) {
        return uri.toLowerCase(Locale.ROOT).startsWith("amqps://");
    }

    /** The value is not shown where it may hold a password. */
    private static void uri(String property, String uri) {
        String lower = uri.toLowerCase(Locale.ROOT);
        if (uri.contains("@") || uri.contains("?")) {
            // Spring Boot would show what stands in the environment, whatever is said of it here.
            throw new MisconfigurationException(
                    "Property " + property + " must be amqp://host:port or amqps://host:port, and holds more than that",
                    "A user and password have properties of their own: "
                            + property.substring(0, property.lastIndexOf('.'))
                            + ".username and .password.");
        }
        if (uri.contains("${")) {
            throw invalid(
                    property,
                    uri,
                    "has a placeholder that nothing resolves: set the property that it names, or give a default, ${name:default}"
                            + (uri.contains("${" + LocalPorts.PREFIX) ? PORT_IS_NOT_KNOWN : ""));
        }
        if (!lower.startsWith("amqp://") && !lower.startsWith("amqps://")) {
            throw invalid(property, uri, "must be amqp://host:port or amqps://host:port");
        }
        String address = uri.substring(uri.indexOf("://") + 3);
        if (address.isEmpty() || address.contains("/") || address.length() > NetworkAddress.MAX_LENGTH) {
            throw invalid(property, uri, "must be amqp://host:port, with nothing after it");
        }
        try {
            NetworkAddress.parse(address).port();
        } catch (IllegalArgumentException badPort) {
            throw invalid(property, uri, "must be amqp://host:port: " + badPort.getMessage());
        }
    }

    static boolean isLoopback(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.equals("localhost")
                || lower.matches("\\[?(::|(0:){7})1]?") // as Java writes it, too
                || lower.matches("127(\\.\\d{1,3}){3}");
    }
}
