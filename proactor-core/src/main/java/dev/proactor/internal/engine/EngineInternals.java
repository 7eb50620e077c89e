package dev.proactor.internal.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.LinkImpl;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.apache.qpid.proton.engine.impl.TransportDelivery;
import org.apache.qpid.proton.engine.impl.TransportImpl;
import org.jspecify.annotations.Nullable;

/**
 * The few package-private members of proton-j 0.35.0 that the adapter needs, where its public methods leave no way. All of
 * them are looked up when this class loads, so another version of proton-j that lacks one fails there, with its name, and not
 * in the middle of a connection.
 */
final class EngineInternals {

    private static final MethodHandle DECODER = getter(TransportImpl.class, "_decoder", DecoderImpl.class);
    private static final MethodHandle SET_WRITER_BOUND = writerBound();
    private static final MethodHandle TRANSPORT_DELIVERY =
            virtual(DeliveryImpl.class, "getTransportDelivery", TransportDelivery.class);
    private static final MethodHandle FORGET = virtual(TransportDelivery.class, "settled", void.class);
    private static final MethodHandle IS_DONE = virtual(DeliveryImpl.class, "isDone", boolean.class);
    private static final MethodHandle ADD_WORK = virtual(DeliveryImpl.class, "addToTransportWorkList", void.class);
    private static final MethodHandle TAIL = getter(LinkImpl.class, "_tail", DeliveryImpl.class);
    private static final MethodHandle DECREMENT_QUEUED = virtual(LinkImpl.class, "decrementQueued", void.class);
    private static final MethodHandle OUTGOING_BYTES =
            virtual(SessionImpl.class, "incrementOutgoingBytes", void.class, int.class);
    private static final MethodHandle OUTGOING_DELIVERIES =
            virtual(SessionImpl.class, "incrementOutgoingDeliveries", void.class, int.class);

    private EngineInternals() {}

    /** {@return the decoder that a transport has and, since framing is ours, does not use} It spares a second one. */
    static DecoderImpl decoder(TransportImpl transport) {
        try {
            return (DecoderImpl) DECODER.invokeExact(transport);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Bounds how many bytes of frames a transport encodes ahead of what is taken; proton-j's own bound is 64 KiB. */
    static void boundEncodedBytes(TransportImpl transport, int bytes) {
        try {
            SET_WRITER_BOUND.invokeExact(transport, bytes);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the delivery-id on the wire, or {@code null} if no frame of the delivery was sent or received} */
    static @Nullable UnsignedInteger deliveryId(DeliveryImpl delivery) {
        TransportDelivery known = transportDelivery(delivery);
        return known == null ? null : known.getDeliveryId();
    }

    /** Drops a delivery from its session's map of unsettled ones, with no frame and no event. */
    static void forget(DeliveryImpl delivery) {
        TransportDelivery known = transportDelivery(delivery);
        if (known != null) {
            try {
                FORGET.invokeExact(known);
            } catch (Throwable t) {
                throw rethrow(t);
            }
        }
    }

    /** {@return whether an incoming delivery was advanced past, or an outgoing one was sent whole} */
    static boolean isDone(DeliveryImpl delivery) {
        try {
            return (boolean) IS_DONE.invokeExact(delivery);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Has the transport write the delivery's disposition with the next output. */
    static void scheduleDisposition(DeliveryImpl delivery) {
        try {
            ADD_WORK.invokeExact(delivery);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the link's newest delivery} */
    static @Nullable DeliveryImpl newest(LinkImpl link) {
        try {
            return (DeliveryImpl) TAIL.invokeExact(link);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Takes one delivery that will never be sent out of its link's and its session's figures. */
    static void uncountQueued(LinkImpl link, int deliveries, int bytes) {
        try {
            DECREMENT_QUEUED.invokeExact(link);
            OUTGOING_DELIVERIES.invokeExact(link.getSession(), -deliveries);
            OUTGOING_BYTES.invokeExact(link.getSession(), -bytes);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    private static @Nullable TransportDelivery transportDelivery(DeliveryImpl delivery) {
        try {
            return (TransportDelivery) TRANSPORT_DELIVERY.invokeExact(delivery);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    private static MethodHandle virtual(Class<?> owner, String name, Class<?> result, Class<?>... parameters) {
        try {
            return within(owner).findVirtual(owner, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            throw changed(owner, name, e);
        }
    }

    private static MethodHandle getter(Class<?> owner, String name, Class<?> type) {
        try {
            return within(owner).findGetter(owner, name, type);
        } catch (ReflectiveOperationException e) {
            throw changed(owner, name, e);
        }
    }

    /** {@code (transport, bytes) -> transport._frameWriter.setFrameWriterMaxBytes(bytes)}; the writer's class is hidden. */
    private static MethodHandle writerBound() {
        String name = "_frameWriter";
        try {
            Class<?> writer = TransportImpl.class.getDeclaredField(name).getType();
            MethodHandle set = virtual(writer, "setFrameWriterMaxBytes", void.class, int.class);
            return MethodHandles.filterArguments(set, 0, getter(TransportImpl.class, name, writer));
        } catch (ReflectiveOperationException e) {
            throw changed(TransportImpl.class, name, e);
        }
    }

    private static MethodHandles.Lookup within(Class<?> owner) throws IllegalAccessException {
        return MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
    }

    private static IllegalStateException changed(Class<?> owner, String member, Exception cause) {
        return new IllegalStateException(
                "This proton-j does not have " + owner.getName() + "." + member
                        + " as 0.35.0 has it; use the version that proactor-core names",
                cause);
    }

    private static RuntimeException rethrow(Throwable t) {
        if (t instanceof RuntimeException e) {
            return e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(t);
    }
}
