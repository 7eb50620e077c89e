package dev.proactor.sample;

import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Shows devices and readings, and passes commands on. */
@RestController
@RequestMapping("/api")
class GatewayController {

    /** How a device took a command. */
    record Answer(String device, String outcome, @Nullable String reason) {}

    private final Devices devices;
    private final ReadingStore store;
    private final ProactorTemplate template;
    private final GatewayProperties properties;

    GatewayController(Devices devices, ReadingStore store, ProactorTemplate template, GatewayProperties properties) {
        this.devices = devices;
        this.store = store;
        this.template = template;
        this.properties = properties;
    }

    @GetMapping("/devices")
    Collection<Devices.Device> devices() {
        return devices.all();
    }

    @GetMapping("/readings/count")
    long count(@RequestParam("device") String device) {
        return store.count(device);
    }

    @PostMapping("/devices/{device}/commands")
    CompletionStage<Answer> command(@PathVariable("device") String device, @RequestBody String command) {
        if (!devices.isKnown(device)) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no device " + device);
        }
        return template.onListener("ingress")
                .send("commands/" + device, command, properties.commandTimeout())
                .handle((outcome, failure) -> {
                    if (failure != null) {
                        throw statusOf(device, failure instanceof CompletionException ? failure.getCause() : failure);
                    }
                    return answer(device, outcome);
                });
    }

    private static Answer answer(String device, DeliveryState outcome) {
        String reason = outcome instanceof Rejected rejected && rejected.getError() != null
                ? rejected.getError().getDescription()
                : null;
        return new Answer(device, outcome.getClass().getSimpleName().toLowerCase(Locale.ROOT), reason);
    }

    private static ResponseStatusException statusOf(String device, @Nullable Throwable failure) {
        if (failure instanceof NoReceiverException) {
            return new ResponseStatusException(
                    HttpStatus.CONFLICT, "device " + device + " takes no commands now", failure);
        }
        if (failure instanceof NoCreditException || failure instanceof SendTimeoutException) {
            return new ResponseStatusException(
                    HttpStatus.GATEWAY_TIMEOUT, "device " + device + " did not answer in time", failure);
        }
        if (failure instanceof SendException) {
            return new ResponseStatusException(HttpStatus.BAD_GATEWAY, failure.getMessage(), failure);
        }
        return new ResponseStatusException(HttpStatus.INTERNAL_SERVER_ERROR, "the command could not be sent", failure);
    }
}
