package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class DevicesTest {

    private final ReadingStore store = Mockito.mock(ReadingStore.class);
    private Devices devices;

    @BeforeEach
    void begin() {
        Mockito.when(store.summaries()).thenReturn(List.of(new ReadingStore.Summary("known", 7, 1.5, Instant.EPOCH)));
        devices = new Devices(store);
    }

    private Devices.Device device(String id) {
        return devices.all().stream()
                .filter(device -> device.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void knowsDevicesOfTheDatabaseAsAway() {
        assertThat(device("known")).isEqualTo(new Devices.Device("known", false, 7, 1.5, Instant.EPOCH, false));
        assertThat(devices.isKnown("other")).isFalse();
    }

    @Test
    void aDeviceIsOnlineWhileItHasAnyLink() {
        devices.arrived("d");
        devices.listens("d");
        devices.arrived("d"); // a second connection, before the first one is found dead
        devices.left("d");
        assertThat(device("d").online()).isTrue();
        devices.left("d");
        assertThat(device("d").online()).isTrue();
        assertThat(device("d").commandable()).isTrue();
        devices.listensNoMore("d");
        assertThat(device("d").online()).isFalse();
        assertThat(device("d").commandable()).isFalse();
    }

    @Test
    void countsReadingsAndKeepsTheLast() {
        devices.measured("known", 2.5, Instant.ofEpochSecond(1));

        assertThat(device("known").readings()).isEqualTo(8);
        assertThat(device("known").lastValue()).isEqualTo(2.5);
    }
}
