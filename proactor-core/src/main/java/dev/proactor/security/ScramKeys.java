package dev.proactor.security;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.security.SecureRandom;

/**
 * What a server keeps of a password for SCRAM (RFC 5802): enough to check a client, and not enough to be one. Immutable and
 * thread-safe; {@link #toString()} shows no key.
 */
public final class ScramKeys {

    /** How often the hash is applied to new passwords. More costs clients, and whoever steals the keys, more time. */
    public static final int ITERATIONS = 10_000;

    private static final int SALT_BYTES = 16;

    private static final class Chance {
        static final SecureRandom RANDOM = new SecureRandom();
    }

    private final byte[] salt;
    private final int iterations;
    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramKeys(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {
        this.salt = salt;
        this.iterations = iterations;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
    }

    /**
     * {@return keys that were kept}
     *
     * @param salt the salt
     * @param iterations how often the hash was applied, at least 1
     * @param storedKey the hash of the client's key
     * @param serverKey the server's key
     */
    public static ScramKeys of(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {
        if (iterations < 1) {
            throw new IllegalArgumentException("iterations is " + iterations + ", but must be at least 1");
        }
        return new ScramKeys(salt.clone(), iterations, storedKey.clone(), serverKey.clone());
    }

    /**
     * {@return keys for a password, with a salt of their own} It takes some milliseconds.
     *
     * @param mechanism {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}
     * @param password the password
     */
    public static ScramKeys derive(String mechanism, String password) {
        return derive(mechanism, password, ScramFunctions.salt(SALT_BYTES, Chance.RANDOM), ITERATIONS);
    }

    /**
     * {@return keys for a password}
     *
     * @param mechanism {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}
     * @param password the password
     * @param salt the salt
     * @param iterations how often the hash is applied, at least 1
     */
    public static ScramKeys derive(String mechanism, String password, byte[] salt, int iterations) {
        ScramMechanism hash = ScramMechanism.byName(mechanism);
        if (hash == null || hash.isPlus()) {
            throw new IllegalArgumentException("no such mechanism: " + mechanism);
        }
        byte[] salted = ScramFunctions.saltedPassword(
                hash, StringPreparation.SASL_PREPARATION, password.toCharArray(), salt, iterations);
        byte[] storedKey = ScramFunctions.storedKey(hash, ScramFunctions.clientKey(hash, salted));
        return new ScramKeys(salt.clone(), iterations, storedKey, ScramFunctions.serverKey(hash, salted));
    }

    /** {@return the salt} */
    public byte[] salt() {
        return salt.clone();
    }

    /** {@return how often the hash was applied} */
    public int iterations() {
        return iterations;
    }

    /** {@return the hash of the client's key} */
    public byte[] storedKey() {
        return storedKey.clone();
    }

    /** {@return the server's key} */
    public byte[] serverKey() {
        return serverKey.clone();
    }

    @Override
    public String toString() {
        return "ScramKeys[" + iterations + " iterations]";
    }
}
