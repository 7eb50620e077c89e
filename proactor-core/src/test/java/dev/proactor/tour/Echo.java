package dev.proactor.tour;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import java.nio.ByteBuffer;

public final class Echo {

    public static void main(String[] args) throws InterruptedException {
        try (Proactor proactor = Proactor.create()) {
            proactor.listen(ListenerOptions.on("localhost:7007").build());
            run(proactor);
        }
    }

    static void run(Proactor proactor) throws InterruptedException {
        while (true) { // any number of threads may run this loop
            try (EventBatch batch = proactor.await()) {
                for (Event event; (event = batch.next()) != null; ) {
                    handle(event);
                }
            } // done: what was given to write is written
        }
    }

    static void handle(Event event) {
        switch (event.type()) {
            case LISTENER_ACCEPT -> event.listener().acceptRaw();
            case RAW_CONNECTION_CONNECTED ->
                event.rawConnection().giveReadBuffers(ByteBuffer.allocate(8192), ByteBuffer.allocate(8192));
            case RAW_CONNECTION_READ -> echo(event.rawConnection());
            case RAW_CONNECTION_WRITTEN -> readAgain(event.rawConnection());
            case RAW_CONNECTION_CLOSED_READ -> event.rawConnection().closeWrite(); // after what is still to be written
            case RAW_CONNECTION_DISCONNECTED ->
                System.out.println("over: " + event.rawConnection().condition());
            default -> {}
        }
    }

    static void echo(RawConnection raw) {
        for (ByteBuffer read; (read = raw.takeReadBuffer()) != null; ) {
            raw.writeBuffers(read); // as it came: its bytes are between position and limit
        }
    }

    static void readAgain(RawConnection raw) {
        for (ByteBuffer written; (written = raw.takeWrittenBuffer()) != null; ) {
            raw.giveReadBuffers(written.clear());
        }
    }
}
