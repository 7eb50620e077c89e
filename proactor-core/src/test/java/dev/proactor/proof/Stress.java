package dev.proactor.proof;

/** The long runs: {@code mvn -Pstress}. */
final class Stress {

    private static final int LONG_SECONDS = 10;

    private Stress() {}

    /** {@return whether there is time for them} */
    static boolean isOn() {
        return Integer.getInteger("proactor.stress.seconds", 1) >= LONG_SECONDS;
    }

    /** Says what was measured; only in the long runs, which are the ones that count. */
    static void report(String format, Object... values) {
        if (isOn()) {
            System.getLogger("dev.proactor.proof").log(System.Logger.Level.INFO, String.format(format, values));
        }
    }
}
