package dev.proactor.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has used so far, by the operating system and the JVM. Linux only. */
final class ProcessUse {

    private static final double TICKS_PER_SECOND = 100; // USER_HZ
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ProcessUse() {}

    /** {@return user and system time of all threads, the compiler's and the collector's too, in seconds} */
    static double cpuSeconds() {
        return SYSTEM.getProcessCpuTime() / 1e9;
    }

    /** {@return the system's part of that, in seconds} */
    static double systemSeconds() {
        String stat = read("/proc/self/stat");
        // The second field, the program's name, may hold blanks; what follows its bracket starts with the third.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[12]) / TICKS_PER_SECOND;
    }

    /** {@return the memory of the process that is in RAM, in KiB} */
    static long residentKb() {
        return read("/proc/self/status")
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    /** {@return what is alive on the heap, in KiB, after a full collection} */
    static long liveHeapKb() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024;
    }

    /** {@return what direct buffers hold, in KiB} */
    static long directBuffersKb() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum()
                / 1024;
    }

    private static String read(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
