package io.millrace.model;

import java.nio.charset.StandardCharsets;

/** Hash functions that placement rests on: changing one moves every cached byte. */
final class Mix {

    private Mix() {}

    /**
     * The finalizer of SplitMix64 (Steele, Lea, Flood 2014): each input bit changes half the output
     * bits.
     */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** FNV-1a over the UTF-8 bytes, then mixed. */
    static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return mix(hash);
    }
}
