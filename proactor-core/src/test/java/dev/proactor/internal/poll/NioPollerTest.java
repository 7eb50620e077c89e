package dev.proactor.internal.poll;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.schedule.TestTask;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The poller on a pipe within this process, whose readiness is known at once; on one thread. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class NioPollerTest {

    private final NioPoller poller = new NioPoller();
    private final TestTask task = new TestTask("task");
    private final List<Task> ready = new ArrayList<>();
    private Pipe pipe;

    @BeforeEach
    void openThePipe() throws IOException {
        pipe = Pipe.open();
        pipe.source().configureBlocking(false);
    }

    @AfterEach
    void closeAll() throws IOException {
        pipe.source().close();
        pipe.sink().close();
        poller.close();
    }

    private Registration registerForReading() throws IOException {
        return poller.register(pipe.source(), task, OP_READ);
    }

    private void writeOneByte() throws IOException {
        pipe.sink().write(ByteBuffer.allocate(1));
    }

    private void poll(long nanos) throws IOException {
        ready.clear();
        poller.poll(nanos, ready::add);
    }

    private void look() throws IOException {
        poll(0);
    }

    private static void assertInTime(long begin) {
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void whatIsReadyIsScheduledAndHandedOver() throws IOException {
        registerForReading();
        writeOneByte();

        poll(Long.MAX_VALUE);

        assertThat(ready).containsExactly(task);
        assertThat(task.state().begin()).isEqualTo(TaskState.READ);
    }

    @Test
    void whatIsNotReadyIsNotFound() throws IOException {
        registerForReading();

        look();

        assertThat(ready).isEmpty();
        assertThat(task.state()).hasToString("IDLE 0x0");
    }

    @Test
    void anIdleTaskStaysArmed() throws IOException {
        Registration registration = registerForReading();
        writeOneByte();

        look();
        task.state().begin();
        task.state().release();

        assertThat(registration.arm(OP_READ)).as("no change").isFalse();
        look();
        assertThat(ready).as("the byte is still there").containsExactly(task);
    }

    @Test
    void aTaskThatIsNotIdleIsDisarmedAndToldAsWell() throws IOException {
        Registration registration = registerForReading();
        task.state().schedule(TaskState.WAKE);
        task.state().begin();
        writeOneByte();

        look();

        assertThat(ready).as("it has an owner").isEmpty();
        assertThat(task.state().takeReasons()).isEqualTo(TaskState.READ);
        look();
        assertThat(task.state().takeReasons()).as("disarmed").isZero();
        assertThat(registration.arm(OP_READ)).isTrue();
        look();
        assertThat(task.state().takeReasons()).isEqualTo(TaskState.READ);
    }

    @Test
    void aDisarmedKeyDoesNotEndAPollThatWaits() throws IOException {
        registerForReading();
        task.state().schedule(TaskState.WAKE);
        writeOneByte();
        look();
        long begin = System.nanoTime();

        poll(TimeUnit.MILLISECONDS.toNanos(20));

        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
    }

    @Test
    void onlyWhatWasReadyIsDisarmed() throws IOException {
        try (ServerSocketChannel server = loopbackServer();
                SocketChannel client = SocketChannel.open(server.getLocalAddress());
                SocketChannel peer = server.accept()) {
            client.configureBlocking(false);
            Registration registration = poller.register(client, task, OP_READ | OP_WRITE);
            task.state().schedule(TaskState.WAKE);

            look();
            assertThat(task.state().begin()).isEqualTo(TaskState.WAKE | TaskState.WRITE);

            assertThat(registration.arm(OP_READ)).as("what is left").isFalse();
            peer.write(ByteBuffer.allocate(1));
            poll(Long.MAX_VALUE);
            assertThat(task.state().takeReasons()).isEqualTo(TaskState.READ);
        }
    }

    @Test
    void aKilledTaskIsDisarmedSoThatTheSelectorDoesNotSpin() throws IOException {
        Registration registration = registerForReading();
        task.state().kill();
        writeOneByte();

        poll(Long.MAX_VALUE);

        assertThat(ready).isEmpty();
        assertThat(registration.arm(0)).as("disarmed already").isFalse();
    }

    @Test
    void nothingIsFoundOfAChannelThatIsArmedForNothing() throws IOException {
        Registration registration = registerForReading();
        assertThat(registration.arm(0)).isTrue();
        assertThat(registration.arm(0)).isFalse();
        writeOneByte();

        look();

        assertThat(ready).isEmpty();
    }

    @Test
    void armingAClosedChannelChangesNothing() throws IOException {
        Registration registration = registerForReading();
        pipe.source().close();

        assertThat(registration.arm(0)).isFalse();
    }

    @Test
    void anErrorIsLookedForOnceAndFoundThoughNothingIsArmed() throws IOException {
        try (ServerSocketChannel server = loopbackServer();
                SocketChannel client = SocketChannel.open(server.getLocalAddress());
                SocketChannel peer = server.accept()) {
            client.configureBlocking(false);
            Registration registration = poller.register(client, task, 0);
            peer.write(ByteBuffer.allocate(1));

            registration.lookForError();
            poll(Long.MAX_VALUE);
            assertThat(ready).as("bytes, but no error").isEmpty();
            long begin = System.nanoTime();
            poll(TimeUnit.MILLISECONDS.toNanos(20));
            assertThat(System.nanoTime() - begin)
                    .as("a poll that waits")
                    .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));

            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            peer.close();
            look();
            assertThat(ready).as("nobody asked").isEmpty();
            long reset = System.nanoTime();
            while (ready.isEmpty()) {
                assertInTime(reset);
                registration.lookForError();
                poll(TimeUnit.MILLISECONDS.toNanos(1));
            }
            assertThat(task.state().begin()).isEqualTo(TaskState.CONNECT);
            assertThat(registration.arm(0)).as("disarmed already").isFalse();
        }
    }

    @Test
    void anErrorOfAClosedChannelIsNotLookedFor() throws IOException {
        Registration registration = registerForReading();
        registration.lookForError();
        pipe.source().close();
        registration.lookForError();

        look();

        assertThat(ready).isEmpty();
    }

    @Test
    void acceptAndConnectAreReasonsOfTheirOwn() throws IOException {
        TestTask listening = new TestTask("listening");
        try (ServerSocketChannel server = loopbackServer();
                SocketChannel client = SocketChannel.open()) {
            server.configureBlocking(false);
            poller.register(server, listening, OP_ACCEPT);
            client.configureBlocking(false);
            boolean connected = client.connect(server.getLocalAddress());
            if (!connected) {
                poller.register(client, task, OP_CONNECT);
            }

            List<Task> found = new ArrayList<>();
            long begin = System.nanoTime();
            while (found.size() < (connected ? 1 : 2)) {
                assertInTime(begin);
                poll(Long.MAX_VALUE);
                found.addAll(ready);
            }

            assertThat(listening.state().begin()).isEqualTo(TaskState.ACCEPT);
            if (!connected) {
                assertThat(task.state().begin()).isEqualTo(TaskState.CONNECT);
            }
        }
    }

    private static ServerSocketChannel loopbackServer() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @Test
    void aWakeUpBeforeThePollEndsItAtOnce() throws IOException {
        poller.wakeup();

        poll(Long.MAX_VALUE);

        assertThat(ready).isEmpty();
    }

    @Test
    void aPollDoesNotEndBeforeItsTime() throws IOException {
        long nanos = TimeUnit.MILLISECONDS.toNanos(2) + 1;
        long begin = System.nanoTime();

        poll(nanos);

        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(nanos);
    }

    @Test
    void aClosedChannelsTaskIsToldOnceItHasLeftThePoller() throws IOException {
        registerForReading();
        look();
        pipe.source().close();
        poller.awaitDeregistered(task);
        assertThat(task.state()).as("not before a poll").hasToString("IDLE 0x0");

        poll(Long.MAX_VALUE);

        assertThat(ready).containsExactly(task);
        assertThat(task.state().begin()).isEqualTo(TaskState.DEREGISTERED);
        task.state().release();
        look();
        assertThat(ready).as("once").isEmpty();
    }

    @Test
    void aClosedChannelsTaskThatRunsIsToldToo() throws IOException {
        registerForReading();
        task.state().schedule(TaskState.READ);
        task.state().begin();
        pipe.source().close();
        poller.awaitDeregistered(task);

        poll(Long.MAX_VALUE);

        assertThat(ready).isEmpty();
        assertThat(task.state().takeReasons()).isEqualTo(TaskState.DEREGISTERED);
    }

    @Test
    void afterItsEndAPollReturnsAtOnce() throws IOException {
        registerForReading();
        poller.awaitDeregistered(task);
        poller.close();

        poll(Long.MAX_VALUE);

        assertThat(ready).as("the channel has left it").containsExactly(task);
        poller.wakeup();
    }
}
