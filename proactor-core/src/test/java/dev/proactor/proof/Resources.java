package dev.proactor.proof;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** What this JVM holds. */
final class Resources {

    private Resources() {}

    /** {@return the bytes of objects that can be reached} */
    static long liveHeapBytes() {
        long least = Long.MAX_VALUE;
        // What was reachable only through references that the first collection cleared is gone after the next. The
        // serial collector, which a machine of one processor gets, leaves a little of what is dead where it is, but for
        // each fourth time.
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /**
     * {@return how many bytes more can be reached than before} What others allocate meanwhile counts, too, and only ever adds: it is
     * measured again while there is too much. What is kept for good is there each time.
     *
     * @param before {@link #liveHeapBytes()} then
     * @param tooMuch from where on it is measured again
     */
    static long heapGrowthBytes(long before, long tooMuch) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 10 && least >= tooMuch; i++) {
            least = Math.min(least, liveHeapBytes() - before);
        }
        return least;
    }

    /** {@return open descriptors but those of files: the class loader opens these as it likes} Where there is no /proc, 0. */
    static long descriptors() {
        Path own = Path.of("/proc/self/fd");
        if (!Files.isDirectory(own)) {
            return 0;
        }
        try (Stream<Path> all = Files.list(own)) {
            return all.filter(Resources::isNoFile).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return {@link #descriptors} once they change no more: sockets linger for a second after their connections} */
    static long settledDescriptors() {
        AtomicLong last = new AtomicLong(descriptors());
        await().atMost(Duration.ofSeconds(30))
                .during(Duration.ofMillis(1500))
                .until(() -> last.getAndSet(descriptors()) == last.get());
        return last.get();
    }

    private static boolean isNoFile(Path descriptor) {
        try {
            return !Files.readSymbolicLink(descriptor).toString().startsWith("/");
        } catch (NoSuchFileException closedMeanwhile) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
