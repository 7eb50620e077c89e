package dev.proactor.benchmarks;

/** The message that is sent over and over, encoded once. */
final class Payload {

    private Payload() {}

    /**
     * Encodes a message of one data section (AMQP 3.2.6), byte for byte what the C peer sends.
     *
     * @param bodyBytes the length of its body, of the letters a to z over and over
     * @return the encoded message
     */
    static byte[] dataSection(int bodyBytes) {
        boolean small = bodyBytes < 256;
        byte[] encoded = new byte[(small ? 5 : 8) + bodyBytes];
        int at = 0;
        encoded[at++] = 0x00; // a described type:
        encoded[at++] = 0x53; // smallulong
        encoded[at++] = 0x75; // amqp:data:binary
        if (small) {
            encoded[at++] = (byte) 0xa0; // vbin8
        } else {
            encoded[at++] = (byte) 0xb0; // vbin32
            encoded[at++] = (byte) (bodyBytes >> 24);
            encoded[at++] = (byte) (bodyBytes >> 16);
            encoded[at++] = (byte) (bodyBytes >> 8);
        }
        encoded[at++] = (byte) bodyBytes;
        for (int i = 0; i < bodyBytes; i++) {
            encoded[at + i] = (byte) ('a' + i % 26);
        }
        return encoded;
    }
}
