package dev.proactor.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.ProactorCounts.ListenerCounts;
import dev.proactor.internal.poll.LeaderFollower;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ListenerFaultTest {

    /** As if its run had thrown. */
    private static void crash(ListenerTask listener, Throwable failure) {
        assertThat(listener.state().schedule(TaskState.CONTINUE))
                .as("it was idle")
                .isTrue();
        assertThat(listener.state().begin()).isNotZero();
        LeaderFollower.crashed(listener, failure);
    }

    @Test
    void aFaultInAListenersWorkIsToldAsItsEnd() {
        try (Driver driver = new Driver()) {
            ListenerTask listener = (ListenerTask) driver.proactor.listen(
                    ListenerOptions.on("127.0.0.1:0").name("faulty").build());
            driver.runTo(EventType.LISTENER_OPEN);
            driver.settle();
            int port = listener.localPort();

            crash(listener, new AssertionError("a fault"));
            driver.runTo(EventType.PROACTOR_INACTIVE);

            assertThat(driver.log)
                    .containsExactly(EventType.LISTENER_OPEN, EventType.LISTENER_CLOSE, EventType.PROACTOR_INACTIVE);
            assertThat(driver.lastCondition.getDescription())
                    .isEqualTo("an internal error: java.lang.AssertionError: a fault");
            assertThatThrownBy(() -> Loopback.connect(port)).isInstanceOf(IOException.class);
            ListenerCounts counts =
                    driver.proactor.counts().listeners().iterator().next();
            assertThat(counts.active()).isZero();
        }
    }
}
