package dev.proactor.spring.boot.internal.send;

import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What the templates must be told of. Every method is called in the connection's sequence, by the thread that handles its batch.
 */
public interface Sending {

    /**
     * A connection that we make begins its life: links for messages that wait may be attached to it, now and until
     * {@link #connectionOver}.
     *
     * @param name the connection's name
     * @param connection the connection
     */
    void connectionBegins(String name, Connection connection);

    /**
     * A link on which we send was opened by the peer too.
     *
     * @param listener the name of the listener whose peer attached it, or {@code null} if we did
     * @param sender the link
     * @param address its address
     */
    void senderOpened(@Nullable String listener, Sender sender, String address);

    /**
     * {@return whether the peers of a listener may attach a sender to an address, because answers come there} Any thread.
     *
     * @param listener the listener's name
     * @param address the address
     */
    boolean expectsReplies(String listener, String address);

    /**
     * A link on which we receive was opened by the peer too. It may be one for answers.
     *
     * @param listener the name of the listener whose peer attached it, or {@code null} if we did
     * @param receiver the link
     * @param address its address
     */
    void receiverOpened(@Nullable String listener, Receiver receiver, String address);

    /**
     * {@return whether what comes on a link is for {@link #arrived}, and for no handler}
     *
     * @param receiver the link
     */
    boolean takes(Receiver receiver);

    /**
     * A delivery on such a link has news.
     *
     * @param receiver the link
     * @param delivery the delivery
     */
    void arrived(Receiver receiver, Delivery delivery);

    /**
     * A receiver is over. Called once for each that was opened, and for one that the peer refused.
     *
     * @param receiver the link
     * @param condition why, or {@code null}
     */
    void receiverClosed(Receiver receiver, @Nullable ErrorCondition condition);

    /**
     * A sender's credit has changed, or there is room for output again.
     *
     * @param sender the link
     */
    void flow(Sender sender);

    /**
     * {@return whether nothing waits to be sent on a link}
     *
     * @param sender the link
     */
    boolean isIdle(Sender sender);

    /**
     * A delivery of ours has its outcome, or was settled by the peer. Called once a delivery; the caller settles it afterwards.
     *
     * @param delivery the delivery
     */
    void settled(Delivery delivery);

    /**
     * A handler has closed a sender that the peer attached; it is over later, or never if the peer does not answer.
     *
     * @param sender the link
     * @param condition why, or {@code null}
     */
    void senderLeaves(Sender sender, @Nullable ErrorCondition condition);

    /**
     * A sender is over. Called once for each that was opened, and for one that the peer refused.
     *
     * @param sender the link
     * @param condition why, or {@code null}
     */
    void senderClosed(Sender sender, @Nullable ErrorCondition condition);

    /**
     * Sends a reply. In the sequence of the connection on which the request came, while it is alive.
     *
     * @param name the name of the connection or listener on which the request came
     * @param accepted the accepted connection, whose peer must receive from the address; {@code null} for one that we make
     * @param address where to
     * @param reply the reply
     * @return its outcome; as {@link dev.proactor.spring.boot.template.ProactorOperations#send}
     */
    CompletionStage<DeliveryState> reply(String name, @Nullable Connection accepted, String address, Message reply);

    /**
     * The peer has ended a session. {@link #senderClosed} and {@link #receiverClosed} were called for those of its links that were
     * opened.
     *
     * @param session the session
     * @param condition why, or {@code null}
     */
    void sessionEnded(Session session, @Nullable ErrorCondition condition);

    /**
     * A connection is over; {@link #senderClosed} was called for its senders that were opened.
     *
     * @param connection the connection
     */
    void connectionOver(Connection connection);
}
