package dev.proactor.internal.task;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.zone.ZoneRulesProvider;
import java.util.TimeZone;

/**
 * Classes of the JDK that need a descriptor when they are first used, and that stay broken for the whole process if there is
 * none then. A listener that runs out of descriptors needs them to get over it, so they are loaded before.
 */
final class EarlyClasses {

    private static volatile boolean loaded;

    private EarlyClasses() {}

    /** Loads them, unless that was done. Any thread. */
    static void load() {
        if (loaded) {
            return;
        }
        // What closes sockets makes a pair of them first.
        try {
            SocketChannel.open().close();
        } catch (IOException noDescriptor) {
            // Not now, or just this would break them; the next listener tries again.
            return;
        }
        // The JDK's log writes times, and reads the files of time zones at its first record.
        var unused = TimeZone.getDefault();
        var unusedToo = ZoneRulesProvider.getAvailableZoneIds();
        loaded = true;
    }
}
