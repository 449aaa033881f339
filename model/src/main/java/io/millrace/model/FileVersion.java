package io.millrace.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name of immutable bytes: the first 128 bits of SHA-256 over (mount id, under-store key,
 * object version, length).
 *
 * <p>A changed object has another version and so another name; nothing that is cached under a name
 * is ever modified. Anyone who knows the four fields computes the same name, so a request that
 * carries them proves what it asks for.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record FileVersion(long high, long low) implements Comparable<FileVersion> {

    /** Length of {@link #toString()}: lower-case hexadecimal digits. */
    public static final int HEX_LENGTH = 32;

    private static final byte LAYOUT = 1;

    /** Computes the name of the bytes behind {@code source}. */
    public static FileVersion of(FileSource source) {
        byte[] key = source.key().getBytes(StandardCharsets.UTF_8);
        byte[] version = source.objectVersion().getBytes(StandardCharsets.UTF_8);
        ByteBuffer input =
                ByteBuffer.allocate(1 + 8 + 8 + 4 + key.length + version.length)
                        .put(LAYOUT)
                        .putLong(source.mountId())
                        .putLong(source.length())
                        .putInt(key.length)
                        .put(key)
                        .put(version);
        try {
            ByteBuffer hash =
                    ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(input.array()));
            return new FileVersion(hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * Reads what {@link #toString()} wrote.
     *
     * @throws IllegalArgumentException when {@code hex} is not 32 lower-case hexadecimal digits
     */
    public static FileVersion parse(String hex) {
        if (!isFileVersion(hex)) {
            throw new IllegalArgumentException(
                    "not a file version: '" + hex + "' (32 lower-case hexadecimal digits)");
        }
        return new FileVersion(
                HexFormat.fromHexDigitsToLong(hex, 0, 16),
                HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    /** Says whether {@link #parse} would accept {@code hex}. */
    public static boolean isFileVersion(String hex) {
        if (hex.length() != HEX_LENGTH) {
            return false;
        }
        for (int i = 0; i < HEX_LENGTH; i++) {
            char c = hex.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int compareTo(FileVersion other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
