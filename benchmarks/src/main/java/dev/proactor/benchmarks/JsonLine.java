package dev.proactor.benchmarks;

import java.util.Locale;

/** One flat JSON object on one line. */
final class JsonLine {

    private final StringBuilder text = new StringBuilder("{\"peer\":\"java\"");

    JsonLine add(String name, String value) {
        return raw(name, '"' + value + '"');
    }

    JsonLine add(String name, long value) {
        return raw(name, Long.toString(value));
    }

    JsonLine add(String name, double value, int digits) {
        return raw(name, String.format(Locale.ROOT, "%." + digits + "f", value));
    }

    private JsonLine raw(String name, String value) {
        text.append(",\"").append(name).append("\":").append(value);
        return this;
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
