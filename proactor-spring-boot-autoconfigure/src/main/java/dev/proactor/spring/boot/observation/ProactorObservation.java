package dev.proactor.spring.boot.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** What is observed: one observation a message, none an event. */
public enum ProactorObservation implements ObservationDocumentation {

    /** A message is handled, until what the handler returned has completed. */
    PROCESS {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return DefaultProactorProcessObservationConvention.class;
        }
    },

    /** A message is sent by a template, until its outcome has come. */
    SEND {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return DefaultProactorSendObservationConvention.class;
        }
    };

    @Override
    public KeyName[] getLowCardinalityKeyNames() {
        return LowCardinality.values();
    }

    @Override
    public KeyName[] getHighCardinalityKeyNames() {
        return HighCardinality.values();
    }

    /** Keys whose values the application decides. */
    public enum LowCardinality implements KeyName {
        /** Always {@code amqp}. */
        SYSTEM {
            @Override
            public String asString() {
                return "messaging.system";
            }
        },
        /** {@code process} or {@code send}. */
        OPERATION {
            @Override
            public String asString() {
                return "messaging.operation.name";
            }
        },
        /** The configured name of the connection or listener; {@code dynamic} for one that a program has made. */
        NAME {
            @Override
            public String asString() {
                return "proactor.name";
            }
        },
        /** {@code Class.method} of the handler; {@code none} for what is sent. */
        HANDLER {
            @Override
            public String asString() {
                return "proactor.handler";
            }
        },
        /** The class of what was thrown, the outcome that was not {@code accepted}, or {@code none}. */
        ERROR {
            @Override
            public String asString() {
                return "error.type";
            }
        }
    }

    /** Keys whose values peers decide. */
    public enum HighCardinality implements KeyName {
        /** The address. */
        DESTINATION {
            @Override
            public String asString() {
                return "messaging.destination.name";
            }
        },
        /** The message id, where there is one. */
        MESSAGE_ID {
            @Override
            public String asString() {
                return "messaging.message.id";
            }
        },
        /** The host of the peer of a connection that we make. */
        SERVER {
            @Override
            public String asString() {
                return "server.address";
            }
        }
    }
}
