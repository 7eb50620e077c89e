package dev.proactor.spring.boot.template;

/**
 * Sends messages from any thread.
 *
 * <pre>{@code
 * template.send("orders", order)                                        // over the application's one connection
 *         .thenAccept(outcome -> log.info("{}", outcome));
 * template.on("billing").send("invoices", invoice);                     // over the connection of that name
 * template.onListener("ingress").send("commands/d1", "reboot");         // to the peer that receives from that address
 * }</pre>
 *
 * <p>Its own methods use {@code proactor.template.connection}, or the sole connection that is configured. Links are attached
 * when they are first needed and stay. While a connection is not open, messages wait for it, as long as their time-outs let
 * them; how many may wait is limited ({@code proactor.template.max-pending}).
 */
public interface ProactorTemplate extends ConnectionOperations {

    /**
     * {@return operations over one connection}
     *
     * @param connection its name
     * @throws IllegalArgumentException if there is none of that name; the message lists those that there are
     */
    ConnectionOperations on(String connection);

    /**
     * {@return operations to the peers of one listener} An address is one that a peer attached a receiver to; where several did,
     * the last of them gets the message. Where none did, the stage fails with {@link NoReceiverException} at once; where
     * it gives no credit in time, with {@link NoCreditException}.
     *
     * @param listener its name
     * @throws IllegalArgumentException if there is none of that name; the message lists those that there are
     */
    ProactorOperations onListener(String listener);
}
