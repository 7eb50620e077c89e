package dev.proactor.sample;

import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.ProactorHandler;
import org.apache.qpid.proton.engine.Sender;

/** Devices that take commands. What is posted for them goes out by the template. */
@ProactorHandler(listeners = "ingress", addresses = "commands/*")
class Commands {

    private final Devices devices;

    Commands(Devices devices) {
        this.devices = devices;
    }

    @OnLinkOpened
    void opened(Sender link) {
        devices.listens(Devices.idOf(link));
    }

    @OnLinkClosed
    void closed(Sender link) {
        devices.listensNoMore(Devices.idOf(link));
    }
}
