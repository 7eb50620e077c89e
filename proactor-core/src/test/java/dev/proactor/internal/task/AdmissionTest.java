package dev.proactor.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.internal.task.WaitingPeers.Peer;
import dev.proactor.testing.RawPeer;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Places of a listener, where no peer can show whether they are free again. */
@Timeout(20)
class AdmissionTest {

    private static final ListenerOptions OPTIONS =
            ListenerOptions.on("127.0.0.1:0").build();

    private final AtomicInteger told = new AtomicInteger();
    private final Admission admission = new Admission(3, told::incrementAndGet);

    private Peer peer(ServerSocketChannel listening) throws IOException {
        SocketChannel channel = SocketChannel.open(listening.getLocalAddress());
        channel.configureBlocking(false);
        return new Peer(channel, System.nanoTime(), admission.take());
    }

    @Test
    void aProactorThatIsClosedGivesThemBack() throws IOException {
        try (ServerSocketChannel listening = RawPeer.listen()) {
            DefaultProactor proactor = (DefaultProactor) Proactor.create();
            Peer amqp = peer(listening);
            Peer raw = peer(listening);
            proactor.accepted(OPTIONS, amqp);
            proactor.acceptedRaw(raw, null);
            assertThat(admission.taken()).isEqualTo(2);
            proactor.close();
            assertThat(admission.taken()).isZero();
            assertThat(amqp.channel().isOpen()).isFalse();
            assertThat(raw.channel().isOpen()).isFalse();

            Peer late = peer(listening);
            assertThatThrownBy(() -> proactor.accepted(OPTIONS, late)).isInstanceOf(ProactorClosedException.class);
            Peer lateRaw = peer(listening);
            assertThatThrownBy(() -> proactor.acceptedRaw(lateRaw, null)).isInstanceOf(ProactorClosedException.class);
            assertThat(admission.taken()).isZero();
            assertThat(late.channel().isOpen()).isFalse();
            assertThat(lateRaw.channel().isOpen()).isFalse();
            assertThat(told).hasValue(0);
        }
    }

    @Test
    void whoGivesOneBackTwiceGivesOne() {
        Admission.Place first = admission.take();
        admission.take();
        admission.take();
        assertThat(admission.isFull()).isTrue();
        first.giveBack();
        first.giveBack();
        assertThat(admission.taken()).isEqualTo(2);
        assertThat(told).hasValue(1);
    }
}
