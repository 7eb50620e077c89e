package dev.proactor;

/** Which end of a transport connection we are. */
public enum ConnectionRole {
    /** We connected. */
    CLIENT,
    /** We accepted. */
    SERVER
}
