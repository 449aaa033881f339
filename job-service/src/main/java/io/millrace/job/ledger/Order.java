package io.millrace.job.ledger;

import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What is to be done.
 *
 * @param kind what
 * @param path where
 * @param selection which of the files below the path
 * @param controls how
 * @param retryOf whose failed files it is about; empty: all below the path
 * @param requestKey what the client calls its request, so that it may be sent again: 1 to 255
 *     characters; empty: it is not sent again
 */
public record Order(
        JobKind kind,
        NamespacePath path,
        Selection selection,
        Controls controls,
        Optional<JobId> retryOf,
        Optional<String> requestKey) {

    private static final int LONGEST_KEY = 255;

    /**
     * @throws MillraceException INVALID_ARGUMENT when the key is empty or too long, or the kind is
     *     about a path as a whole and the selection is not all of it
     */
    public Order {
        if (kind.isOfWholePath() && !selection.isAll()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    kind.word() + " is about a path as a whole: it takes no selection");
        }
        if (requestKey.isPresent()
                && (requestKey.get().isEmpty() || requestKey.get().length() > LONGEST_KEY)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "an Idempotency-Key has 1 to "
                            + LONGEST_KEY
                            + " characters, not "
                            + requestKey.get().length());
        }
    }

    /** A job without anything special. */
    public static Order of(JobKind kind, NamespacePath path) {
        return new Order(
                kind, path, Selection.ALL, Controls.DEFAULT, Optional.empty(), Optional.empty());
    }

    /** Equal for orders that ask for the same. */
    String fingerprint() {
        String asked = kind + "\n" + path + "\n" + controls + "\n" + retryOf;
        if (!selection.isAll()) {
            asked += "\n" + selection;
        }
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(asked.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
