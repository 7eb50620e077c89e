package dev.proactor.spring.boot.autoconfigure;

/**
 * A property is wrong, and its value may be a secret: Spring Boot's own exceptions for wrong properties have it printed, with where it
 * stands in the environment.
 */
final class UnshownPropertyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String remedy;

    UnshownPropertyException(String description, String remedy) {
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
