package dev.proactor.security;

/**
 * Who a peer has proved to be, or who we have proved to be to it.
 *
 * @param name the name; empty for an anonymous peer
 * @param mechanism the SASL mechanism by which it was proved
 */
public record Identity(String name, String mechanism) {}
