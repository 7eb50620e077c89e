package dev.proactor.sample;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.time.Instant;
import org.apache.qpid.proton.engine.Receiver;

/** Devices that send readings. A reading is accepted once it is stored. */
@ProactorHandler(listeners = "ingress", addresses = "readings/*")
class Readings {

    private final ReadingStore store;
    private final Devices devices;

    Readings(ReadingStore store, Devices devices) {
        this.store = store;
        this.devices = devices;
    }

    @OnMessage
    void reading(@Body Reading reading, Receiver link) {
        Double value = reading.value();
        if (value == null || !Double.isFinite(value)) {
            throw new MessageConversionException("a reading needs a value, a finite number");
        }
        if (reading.unit() != null && reading.unit().length() > 32) {
            throw new MessageConversionException("a unit has 32 letters at most");
        }
        Instant at = reading.at() == null ? Instant.now() : reading.at();
        String device = Devices.idOf(link);
        store.add(device, value, reading.unit(), at); // blocks, on purpose: others have their own threads
        devices.measured(device, value, at);
    }

    @OnLinkOpened
    void opened(Receiver link) {
        devices.arrived(Devices.idOf(link));
    }

    @OnLinkClosed
    void closed(Receiver link) {
        devices.left(Devices.idOf(link));
    }
}
