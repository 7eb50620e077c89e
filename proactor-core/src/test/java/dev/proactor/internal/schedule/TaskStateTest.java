package dev.proactor.internal.schedule;

import static dev.proactor.internal.schedule.TaskState.CONTINUE;
import static dev.proactor.internal.schedule.TaskState.DISCONNECT;
import static dev.proactor.internal.schedule.TaskState.READ;
import static dev.proactor.internal.schedule.TaskState.TICK;
import static dev.proactor.internal.schedule.TaskState.WAKE;
import static dev.proactor.internal.schedule.TaskState.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TaskStateTest {

    /** The phases, each with a way into it. */
    enum Phase {
        IDLE(state -> {}),
        QUEUED(state -> state.schedule(READ)),
        RUNNING(state -> {
            state.schedule(READ);
            state.begin();
        }),
        FINAL(TaskState::kill);

        private final Consumer<TaskState> way;

        Phase(Consumer<TaskState> way) {
            this.way = way;
        }

        TaskState reach() {
            TaskState state = new TaskState();
            way.accept(state);
            assertThat(state.toString()).startsWith(name());
            return state;
        }
    }

    /** The transitions that a phase may forbid. */
    enum Transition {
        BEGIN(Phase.QUEUED, TaskState::begin),
        TAKE_REASONS(Phase.RUNNING, TaskState::takeReasons),
        RELEASE(Phase.RUNNING, TaskState::release),
        REQUEUE(Phase.RUNNING, state -> state.requeue(CONTINUE)),
        FINISH(Phase.RUNNING, TaskState::finish);

        private final Phase from;
        private final Consumer<TaskState> step;

        Transition(Phase from, Consumer<TaskState> step) {
            this.from = from;
            this.step = step;
        }
    }

    @Test
    void aNewTaskIsIdleWithoutReasons() {
        assertThat(new TaskState()).hasToString("IDLE 0x0");
    }

    @Test
    void onlyTheFirstScheduleOfAnIdleTaskQueuesIt() {
        TaskState state = Phase.IDLE.reach();

        assertThat(state.schedule(READ)).isTrue();
        assertThat(state.schedule(WRITE)).isFalse();
        assertThat(state.schedule(READ)).isFalse();

        assertThat(state.begin()).isEqualTo(READ | WRITE);
    }

    @Test
    void severalReasonsCanComeAtOnce() {
        TaskState state = Phase.IDLE.reach();

        assertThat(state.schedule(READ | WAKE | TICK)).isTrue();

        assertThat(state.begin()).isEqualTo(READ | WAKE | TICK);
    }

    @Test
    void scheduleIfIdleQueuesAnIdleTask() {
        TaskState state = Phase.IDLE.reach();

        assertThat(state.scheduleIfIdle(READ)).isTrue();

        assertThat(state.begin()).isEqualTo(READ);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "IDLE")
    void scheduleIfIdleChangesNothingElsewhere(Phase phase) {
        TaskState state = phase.reach();
        String before = state.toString();

        assertThat(state.scheduleIfIdle(WRITE)).isFalse();

        assertThat(state).hasToString(before);
    }

    @Test
    void beginTakesTheReasons() {
        TaskState state = Phase.QUEUED.reach();

        assertThat(state.begin()).isEqualTo(READ);

        assertThat(state).hasToString("RUNNING 0x0");
    }

    @Test
    void takeReasonsTakesWhatCameMeanwhileAndOnlyThat() {
        TaskState state = Phase.RUNNING.reach();
        assertThat(state.takeReasons()).isZero();

        assertThat(state.schedule(WAKE)).isFalse();
        assertThat(state.schedule(TICK)).isFalse();

        assertThat(state.takeReasons()).isEqualTo(WAKE | TICK);
        assertThat(state.takeReasons()).isZero();
        assertThat(state.release()).isFalse();
    }

    @Test
    void releaseWithoutReasonsIsIdle() {
        TaskState state = Phase.RUNNING.reach();

        assertThat(state.release()).isFalse();

        assertThat(state).hasToString("IDLE 0x0");
        assertThat(state.schedule(WAKE)).isTrue();
    }

    @Test
    void releaseWithReasonsIsQueuedAndKeepsThem() {
        TaskState state = Phase.RUNNING.reach();
        state.schedule(WAKE);

        assertThat(state.release()).isTrue();

        assertThat(state.schedule(READ)).isFalse();
        assertThat(state.begin()).isEqualTo(WAKE | READ);
    }

    @Test
    void requeueIsQueuedWithItsReasonAndThoseThatCame() {
        TaskState state = Phase.RUNNING.reach();
        state.schedule(WAKE);

        assertThat(state.requeue(CONTINUE)).isTrue();

        assertThat(state.begin()).isEqualTo(WAKE | CONTINUE);
    }

    @Test
    void finishEndsForgettingReasons() {
        TaskState state = Phase.RUNNING.reach();
        state.schedule(WAKE);

        assertThat(state.finish()).isTrue();

        assertThat(state).hasToString("FINAL 0x0");
        assertThat(state.isFinal()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FINAL")
    void killEndsOnceInAnyPhase(Phase phase) {
        TaskState state = phase.reach();
        assertThat(state.isFinal()).isFalse();

        assertThat(state.kill()).isTrue();
        assertThat(state.kill()).isFalse();

        assertThat(state.isFinal()).isTrue();
        assertThat(state).hasToString("FINAL 0x0");
    }

    @Test
    void afterTheEndNothingHappensAnyMore() {
        TaskState state = Phase.FINAL.reach();

        assertThat(state.schedule(DISCONNECT)).isFalse();
        assertThat(state.scheduleIfIdle(DISCONNECT)).isFalse();
        assertThat(state.begin()).isZero();
        assertThat(state.takeReasons()).isZero();
        assertThat(state.release()).isFalse();
        assertThat(state.requeue(CONTINUE)).isFalse();
        assertThat(state.finish()).isFalse();
        assertThat(state.kill()).isFalse();

        assertThat(state).hasToString("FINAL 0x0");
    }

    static Stream<Arguments> illegalTransitions() {
        return Arrays.stream(Transition.values())
                .flatMap(transition -> Stream.of(Phase.IDLE, Phase.QUEUED, Phase.RUNNING)
                        .filter(phase -> phase != transition.from)
                        .map(phase -> Arguments.of(phase, transition)));
    }

    @ParameterizedTest
    @MethodSource("illegalTransitions")
    void anIllegalTransitionThrowsAndChangesNothing(Phase phase, Transition transition) {
        TaskState state = phase.reach();
        String before = state.toString();

        assertThatIllegalStateException()
                .isThrownBy(() -> transition.step.accept(state))
                .withMessageContaining(phase.name());

        assertThat(state).hasToString(before);
    }

    @ParameterizedTest
    @EnumSource(Transition.class)
    void aLegalTransitionIsLegal(Transition transition) {
        TaskState state = transition.from.reach();

        transition.step.accept(state);

        assertThat(state.toString()).doesNotStartWith("IDLE 0x4");
    }

    @Test
    void noReasonIsTakenForAPhaseOrForAnother() {
        int[] reasons = {
            READ,
            WRITE,
            TaskState.ACCEPT,
            TaskState.CONNECT,
            WAKE,
            TICK,
            DISCONNECT,
            TaskState.INTERRUPT,
            TaskState.INACTIVE,
            TaskState.RESOLVED,
            TaskState.DEREGISTERED,
            CONTINUE
        };
        assertThat(Arrays.stream(reasons).sum())
                .isEqualTo(Arrays.stream(reasons).reduce(0, (a, b) -> a | b));
        for (int reason : reasons) {
            TaskState state = new TaskState();
            assertThat(state.schedule(reason)).isTrue();
            assertThat(state.toString()).startsWith("QUEUED");
            assertThat(state.begin()).isEqualTo(reason);
        }
    }
}
