package dev.proactor.sample;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the gateway.
 *
 * @param simulatedDevices how many devices are simulated
 * @param simulatedInterval how often each of them sends a reading
 * @param commandTimeout how long a device may take to settle a command
 */
@ConfigurationProperties("gateway")
record GatewayProperties(
        @DefaultValue("5") int simulatedDevices,
        @DefaultValue("1s") Duration simulatedInterval,
        @DefaultValue("5s") Duration commandTimeout) {}
