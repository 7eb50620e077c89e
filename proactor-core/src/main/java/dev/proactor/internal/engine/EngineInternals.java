package dev.proactor.internal.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.End;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.AMQPType;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.impl.CollectorImpl;
import org.apache.qpid.proton.engine.impl.ConnectionImpl;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.EndpointImpl;
import org.apache.qpid.proton.engine.impl.FrameWriterBuffer;
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

    private static final List<Class<?>> PERFORMATIVES = List.of(
            Open.class,
            Begin.class,
            Attach.class,
            Flow.class,
            Transfer.class,
            Disposition.class,
            Detach.class,
            End.class,
            Close.class);

    private static final MethodHandle DECODER = getter(TransportImpl.class, "_decoder", DecoderImpl.class);
    private static final MethodHandle ENCODER = getter(TransportImpl.class, "_encoder", EncoderImpl.class);
    private static final MethodHandle ENCODED_TYPES = getter(EncoderImpl.class, "_typeRegistry", Map.class);
    private static final MethodHandle ENCODED_DESCRIPTORS =
            getter(EncoderImpl.class, "_describedDescriptorRegistry", Map.class);
    private static final MethodHandle DECODED_TYPES = getter(DecoderImpl.class, "_dynamicTypeConstructors", Map.class);
    private static final MethodHandle DECODED_FAST = getter(DecoderImpl.class, "_fastPathTypeConstructors", Map.class);
    private static final MethodHandle SET_ARRAY = setter(FrameWriterBuffer.class, "array", byte[].class);
    private static final MethodHandle SET_FREE_EVENTS = freeEvents();
    private static final MethodHandle SET_WRITER_BOUND = writerBound();
    private static final MethodHandle TRANSPORT_DELIVERY =
            virtual(DeliveryImpl.class, "getTransportDelivery", TransportDelivery.class);
    private static final MethodHandle FORGET = virtual(TransportDelivery.class, "settled", void.class);
    private static final MethodHandle IS_DONE = virtual(DeliveryImpl.class, "isDone", boolean.class);
    private static final MethodHandle ADD_WORK = virtual(DeliveryImpl.class, "addToTransportWorkList", void.class);
    private static final Class<?> TRANSPORT_SESSION = resultOf(SessionImpl.class, "getTransportSession");
    private static final MethodHandle OF_SESSION = virtual(SessionImpl.class, "getTransportSession", TRANSPORT_SESSION)
            .asType(MethodType.methodType(Object.class, SessionImpl.class));
    private static final MethodHandle SESSION_OF = virtual(TRANSPORT_SESSION, "getSession", SessionImpl.class)
            .asType(MethodType.methodType(SessionImpl.class, Object.class));
    private static final MethodHandle LOCAL_SESSIONS = getter(TransportImpl.class, "_localSessions", Map.class);
    private static final MethodHandle REMOTE_SESSIONS = getter(TransportImpl.class, "_remoteSessions", Map.class);
    private static final MethodHandle UNSETTLED_OUT = unsettled("_unsettledOutgoingDeliveriesById");
    private static final MethodHandle UNSETTLED_IN = unsettled("_unsettledIncomingDeliveriesById");
    private static final MethodHandle WRITE_FLOW = writeFlow();
    private static final MethodHandle QUEUED_DELIVERIES =
            virtual(SessionImpl.class, "getOutgoingDeliveries", int.class);
    private static final MethodHandle SET_REMOTE_STATE =
            virtual(EndpointImpl.class, "setRemoteState", void.class, EndpointState.class);
    private static final MethodHandle TAIL = getter(LinkImpl.class, "_tail", DeliveryImpl.class);
    private static final MethodHandle WORK_HEAD =
            virtual(ConnectionImpl.class, "getTransportWorkHead", DeliveryImpl.class);
    private static final MethodHandle WORK_NEXT =
            virtual(DeliveryImpl.class, "getTransportWorkNext", DeliveryImpl.class);
    private static final MethodHandle DECREMENT_QUEUED = virtual(LinkImpl.class, "decrementQueued", void.class);
    private static final MethodHandle INCOMING_BYTES =
            virtual(SessionImpl.class, "incrementIncomingBytes", void.class, int.class);
    private static final MethodHandle OUTGOING_BYTES =
            virtual(SessionImpl.class, "incrementOutgoingBytes", void.class, int.class);
    private static final MethodHandle OUTGOING_DELIVERIES =
            virtual(SessionImpl.class, "incrementOutgoingDeliveries", void.class, int.class);

    private EngineInternals() {}

    /**
     * Empties the decoder and the encoder that a transport was made with, and keeps.
     *
     * @param instead what the encoder knows of now: the type of each performative
     * @return where it writes frames
     */
    @SuppressWarnings("unchecked")
    static FrameWriterBuffer emptyCodec(TransportImpl transport, AMQPType<Object> instead) {
        try {
            DecoderImpl decoder = (DecoderImpl) DECODER.invokeExact(transport);
            ((Map<?, ?>) DECODED_TYPES.invokeExact(decoder)).clear();
            ((Map<?, ?>) DECODED_FAST.invokeExact(decoder)).clear();
            EncoderImpl encoder = (EncoderImpl) ENCODER.invokeExact(transport);
            Map<Class<?>, AMQPType<?>> types =
                    (Map<Class<?>, AMQPType<?>>) (Map<?, ?>) ENCODED_TYPES.invokeExact(encoder);
            types.clear();
            for (Class<?> performative : PERFORMATIVES) {
                types.put(performative, instead);
            }
            return (FrameWriterBuffer) encoder.getBuffer();
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return how many types and descriptors an encoder knows; it learns of those that it meets} */
    static int knownTypes(EncoderImpl encoder) {
        try {
            Map<?, ?> types = (Map<?, ?>) ENCODED_TYPES.invokeExact(encoder);
            Map<?, ?> descriptors = (Map<?, ?>) ENCODED_DESCRIPTORS.invokeExact(encoder);
            return types.size() + descriptors.size();
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Gives a transport's buffer of frames another array, which begins with what the buffer holds. */
    static void array(FrameWriterBuffer frames, byte[] array) {
        try {
            SET_ARRAY.invokeExact(frames, array);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Drops the events that a collector keeps to use them again: as many as were ever queued at once. */
    static void dropFreeEvents(CollectorImpl collector) {
        try {
            SET_FREE_EVENTS.invokeExact(collector);
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

    /** A delivery of a link will never be sent. */
    static void uncountQueued(LinkImpl link) {
        try {
            DECREMENT_QUEUED.invokeExact(link);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /**
     * Takes what will never be sent out of a session's figures.
     *
     * @param deliveries complete ones
     * @param bytes of any
     */
    static void uncountOutgoing(SessionImpl session, int deliveries, int bytes) {
        try {
            OUTGOING_DELIVERIES.invokeExact(session, -deliveries);
            OUTGOING_BYTES.invokeExact(session, -bytes);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Gives bytes of a session's incoming window back that nobody will read. */
    static void uncountIncoming(SessionImpl session, int bytes) {
        try {
            INCOMING_BYTES.invokeExact(session, -bytes);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the first delivery that the transport has something to write of} */
    static @Nullable DeliveryImpl firstWork(ConnectionImpl connection) {
        try {
            return (DeliveryImpl) WORK_HEAD.invokeExact(connection);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the delivery after that one, of those that the transport has something to write of} */
    static @Nullable DeliveryImpl nextWork(DeliveryImpl delivery) {
        try {
            return (DeliveryImpl) WORK_NEXT.invokeExact(delivery);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the session that uses a local channel, or {@code null}} */
    static @Nullable SessionImpl sessionOfLocalChannel(TransportImpl transport, int channel) {
        try {
            return sessionOf((Map<?, ?>) LOCAL_SESSIONS.invokeExact(transport), channel);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return the session that the peer has on its channel, or {@code null}} */
    static @Nullable SessionImpl sessionOfRemoteChannel(TransportImpl transport, int channel) {
        try {
            return sessionOf((Map<?, ?>) REMOTE_SESSIONS.invokeExact(transport), channel);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    private static @Nullable SessionImpl sessionOf(Map<?, ?> sessions, int channel) throws Throwable {
        Object known = sessions.get(channel);
        return known == null ? null : (SessionImpl) SESSION_OF.invokeExact(known);
    }

    /** Writes a flow frame of the session alone: its windows as they are now. */
    static void writeSessionFlow(TransportImpl transport, SessionImpl session) {
        try {
            Object known = (Object) OF_SESSION.invokeExact(session);
            if (known != null) {
                WRITE_FLOW.invokeExact(transport, known);
            }
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** Says whether the peer has a link, or has it no more. */
    static void remoteState(LinkImpl link, EndpointState state) {
        try {
            SET_REMOTE_STATE.invokeExact((EndpointImpl) link, state);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return how many deliveries that were sent on a session are not settled} */
    static int unsettledOutgoing(SessionImpl session) {
        return size(UNSETTLED_OUT, session);
    }

    /** {@return how many deliveries that came on a session are not settled} */
    static int unsettledIncoming(SessionImpl session) {
        return size(UNSETTLED_IN, session);
    }

    private static int size(MethodHandle map, SessionImpl session) {
        try {
            Object known = (Object) OF_SESSION.invokeExact(session);
            return known == null ? 0 : ((Map<?, ?>) map.invokeExact(known)).size();
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** {@return how many deliveries of a session are complete and not sent} */
    static int queuedDeliveries(SessionImpl session) {
        try {
            return (int) QUEUED_DELIVERIES.invokeExact(session);
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

    private static MethodHandle setter(Class<?> owner, String name, Class<?> type) {
        try {
            return within(owner).findSetter(owner, name, type);
        } catch (ReflectiveOperationException e) {
            throw changed(owner, name, e);
        }
    }

    /** {@code collector -> collector.free = null}; the class of an event is hidden. */
    private static MethodHandle freeEvents() {
        String name = "free";
        try {
            Class<?> event = CollectorImpl.class.getDeclaredField(name).getType();
            return MethodHandles.insertArguments(setter(CollectorImpl.class, name, event), 1, (Object) null);
        } catch (ReflectiveOperationException e) {
            throw changed(CollectorImpl.class, name, e);
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

    private static MethodHandle unsettled(String field) {
        return getter(TRANSPORT_SESSION, field, Map.class).asType(MethodType.methodType(Map.class, Object.class));
    }

    /** {@code (transport, session) -> transport.writeFlow(session, null)}. */
    private static MethodHandle writeFlow() {
        String name = "writeFlow";
        try {
            Class<?> link = resultOf(LinkImpl.class, "getTransportLink");
            MethodHandle write = virtual(TransportImpl.class, name, void.class, TRANSPORT_SESSION, link);
            return MethodHandles.insertArguments(write, 2, (Object) null)
                    .asType(MethodType.methodType(void.class, TransportImpl.class, Object.class));
        } catch (IllegalArgumentException e) {
            throw changed(TransportImpl.class, name, e);
        }
    }

    private static Class<?> resultOf(Class<?> owner, String method) {
        try {
            return owner.getDeclaredMethod(method).getReturnType();
        } catch (ReflectiveOperationException e) {
            throw changed(owner, method, e);
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
