package dev.proactor.internal.engine;

import java.util.regex.Pattern;

/** What a peer said, as it may stand in a condition or a log: one line of it, and not too long. */
final class PeerText {

    /** Controls (of both sets), formats such as those that turn the direction, half pairs; and what ends a line or a paragraph. */
    private static final Pattern UNFIT = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private PeerText() {}

    /** {@return at most so many characters of it, with a question mark for each that is not to be shown} */
    static String line(String words, int longest) {
        String shorter = words.length() > longest ? words.substring(0, longest) + "…" : words;
        return UNFIT.matcher(shorter).replaceAll("?");
    }
}
