package dev.proactor.interop;

import java.util.Arrays;

/** What a client is asked: {@code send|receive HOST:PORT QUEUE COUNT SIZE}. */
record Task(boolean sends, String host, int port, String queue, int count, int size) {

    static Task of(String[] args) {
        int colon = args[1].lastIndexOf(':');
        return new Task(
                args[0].equals("send"),
                args[1].substring(0, colon),
                Integer.parseInt(args[1].substring(colon + 1)),
                args[2],
                Integer.parseInt(args[3]),
                Integer.parseInt(args[4]));
    }

    byte[] body(int index) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) ((index * 31L + i) % 251);
        }
        return bytes;
    }

    void check(int index, byte[] body) {
        if (!Arrays.equals(body, body(index))) {
            fail(index, "not the message that was sent");
        }
    }

    /** Says it, and ends the program. */
    void fail(int done, Object reason) {
        System.err.println(done + " of " + count + ": " + reason);
        System.exit(1);
    }
}
