package dev.proactor.spring.boot.internal.text;

import java.util.regex.Pattern;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** What peers call things and give as reasons, as it may stand in logs, exceptions and health: one line of it, and not too long. */
public final class PeerText {

    /** As much as a name needs. */
    private static final int LONGEST_NAME = 100;

    private static final int LONGEST_REASON = 300;

    /** Controls (of both sets), formats such as those that turn the direction, half pairs; and what ends a line or a paragraph. */
    private static final Pattern UNFIT = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private PeerText() {}

    /**
     * {@return a name, such as an address, of at most 100 characters}
     *
     * @param name the peer's words
     */
    public static String name(String name) {
        return line(name, LONGEST_NAME);
    }

    /**
     * {@return a line of words, with a question mark for each character that is not to be shown}
     *
     * @param words the peer's words
     * @param longest how many characters of them are enough
     */
    public static String line(String words, int longest) {
        String shorter = words.length() > longest ? words.substring(0, longest) + "…" : words;
        return UNFIT.matcher(shorter).replaceAll("?");
    }

    /**
     * {@return a condition in brackets after a blank, or nothing}
     *
     * @param condition the peer's, or {@code null}
     */
    public static String because(@Nullable ErrorCondition condition) {
        if (condition == null || condition.getCondition() == null) {
            return "";
        }
        String description = condition.getDescription();
        return " (" + line(condition.getCondition() + (description == null ? "" : ": " + description), LONGEST_REASON)
                + ")";
    }

    /**
     * {@return words for an outcome}
     *
     * @param outcome what the peer answered, or {@code null}
     */
    public static String outcome(@Nullable DeliveryState outcome) {
        return line(String.valueOf(outcome), LONGEST_REASON);
    }
}
