package dev.proactor.sample;

import dev.proactor.spring.boot.handler.Address;
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

    // What the database can't hold would fail each time that the device tries again.
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

    private final ReadingStore store;
    private final Devices devices;

    Readings(ReadingStore store, Devices devices) {
        this.store = store;
        this.devices = devices;
    }

    @OnMessage
    void reading(@Body Reading reading, @Address String address) {
        Double value = reading.value();
        if (value == null || !Double.isFinite(value)) {
            throw new MessageConversionException("a reading needs a value, a finite number");
        }
        if (reading.unit() != null && reading.unit().length() > 32) {
            throw new MessageConversionException("a unit has 32 letters at most");
        }
        Instant at = reading.at() == null ? Instant.now() : reading.at();
        if (at.isBefore(FIRST) || at.isAfter(LAST)) {
            throw new MessageConversionException("the reading's time 'at' is not of the years 1 to 9999");
        }
        String device = Devices.idOf(address);
        store.add(device, value, reading.unit(), at); // blocks, on purpose: others have their own threads
        devices.measured(device, value, at);
    }

    @OnLinkOpened
    void opened(Receiver link, @Address String address) {
        devices.arrived(Devices.idOf(address));
    }

    @OnLinkClosed
    void closed(Receiver link, @Address String address) {
        devices.left(Devices.idOf(address));
    }
}
