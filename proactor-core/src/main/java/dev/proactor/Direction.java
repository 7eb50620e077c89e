package dev.proactor;

/** The way of bytes, frames and deliveries, seen from here. */
public enum Direction {
    /** From the peer. */
    IN,
    /** To the peer. */
    OUT
}
