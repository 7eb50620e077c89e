package dev.proactor.spring.boot.internal.runtime;

import java.util.regex.Pattern;

/** What connections and listeners may be registered as. */
final class Registrations {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");

    private Registrations() {}

    /** A name becomes a part of paths and of property names. */
    static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a name has letters, digits, '.', '-' and '_' only, and 1 to 255 of them");
        }
        return name;
    }
}
