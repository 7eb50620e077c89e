package dev.proactor.spring.boot.internal.dispatch;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;

/**
 * A name or an address, or a pattern of them: {@code *} stands for one or more characters other than a slash, {@code **} for
 * any characters, none too. Matching takes time proportional to pattern times address, whatever they are. Immutable.
 */
final class AddressPattern {

    /** The more specific one first: exact, then the longer literal prefix, then fewer wildcards. */
    static final Comparator<AddressPattern> MOST_SPECIFIC_FIRST = Comparator.comparing(AddressPattern::isExact)
            .thenComparing(pattern -> pattern.prefix)
            .reversed()
            .thenComparing(pattern -> pattern.wildcards);

    // A step is a character, or one of these. None of them is a character of UTF-16.
    private static final int ONE_OF_SEGMENT = -1;
    private static final int REST_OF_SEGMENT = -2;
    private static final int ANYTHING = -3;

    private final String text;
    private final int[] steps;
    private final int prefix;
    private final int wildcards;

    private AddressPattern(String text, int[] steps, int prefix, int wildcards) {
        this.text = text;
        this.steps = steps;
        this.prefix = prefix;
        this.wildcards = wildcards;
    }

    static AddressPattern parse(String text) {
        int[] steps = new int[2 * text.length()];
        int length = 0;
        int prefix = -1;
        int wildcards = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '*') {
                steps[length++] = c;
                continue;
            }
            prefix = prefix < 0 ? i : prefix;
            wildcards++;
            if (text.startsWith("**", i)) {
                steps[length++] = ANYTHING;
                i++;
            } else {
                steps[length++] = ONE_OF_SEGMENT;
                steps[length++] = REST_OF_SEGMENT;
            }
        }
        return new AddressPattern(text, Arrays.copyOf(steps, length), prefix < 0 ? text.length() : prefix, wildcards);
    }

    boolean isExact() {
        return wildcards == 0;
    }

    boolean matches(String address) {
        if (isExact()) {
            return text.equals(address);
        }
        // The set of steps that may come next, after each character.
        boolean[] next = new boolean[steps.length + 1];
        next[0] = true;
        skipRepeated(next);
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            boolean[] after = new boolean[steps.length + 1];
            for (int step = 0; step < steps.length; step++) {
                if (next[step] && takes(steps[step], c)) {
                    after[repeats(steps[step]) ? step : step + 1] = true;
                }
            }
            skipRepeated(after);
            next = after;
        }
        return next[steps.length];
    }

    private void skipRepeated(boolean[] next) {
        for (int step = 0; step < steps.length; step++) {
            if (next[step] && repeats(steps[step])) {
                next[step + 1] = true;
            }
        }
    }

    /** {@return whether there is an address that both match} */
    boolean overlaps(AddressPattern other) {
        int width = other.steps.length + 1;
        boolean[] seen = new boolean[(steps.length + 1) * width];
        Deque<Integer> open = new ArrayDeque<>();
        open.add(0);
        seen[0] = true;
        while (!open.isEmpty()) {
            int at = open.remove();
            int mine = at / width;
            int theirs = at % width;
            if (mine == steps.length && theirs == other.steps.length) {
                return true;
            }
            boolean mineRepeats = mine < steps.length && repeats(steps[mine]);
            boolean theirsRepeats = theirs < other.steps.length && repeats(other.steps[theirs]);
            if (mineRepeats) {
                visit(at + width, seen, open);
            }
            if (theirsRepeats) {
                visit(at + 1, seen, open);
            }
            if (mine < steps.length
                    && theirs < other.steps.length
                    && haveCommonCharacter(steps[mine], other.steps[theirs])) {
                visit((mineRepeats ? mine : mine + 1) * width + (theirsRepeats ? theirs : theirs + 1), seen, open);
            }
        }
        return false;
    }

    private static void visit(int at, boolean[] seen, Deque<Integer> open) {
        if (!seen[at]) {
            seen[at] = true;
            open.add(at);
        }
    }

    private static boolean repeats(int step) {
        return step == REST_OF_SEGMENT || step == ANYTHING;
    }

    private static boolean takes(int step, int c) {
        return step == ANYTHING || (step < 0 ? c != '/' : step == c);
    }

    private static boolean haveCommonCharacter(int a, int b) {
        return a >= 0 ? takes(b, a) : b < 0 || takes(a, b);
    }

    /** {@return the text it was parsed from} */
    @Override
    public String toString() {
        return text;
    }
}
