package dev.proactor.spring.boot.autoconfigure;

/**
 * Something is configured that can't be, and no value of a property is to be shown: it may be a secret, and Spring Boot's own exceptions
 * for wrong properties have it printed from the environment.
 */
final class MisconfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String remedy;

    MisconfigurationException(String description, String remedy) {
        super(description + ". " + remedy);
        this.description = description;
        this.remedy = remedy;
    }

    /** {@return what is wrong, without a full stop} */
    String description() {
        return description;
    }

    /** {@return what to do} */
    String remedy() {
        return remedy;
    }
}
