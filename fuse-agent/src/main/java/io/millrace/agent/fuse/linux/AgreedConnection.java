package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What the kernel was answered to INIT, which it asks once for the life of a connection.
 *
 * @param flags2 the second word of flags
 * @param wanted the read policy that was asked for
 */
record AgreedConnection(int flags2, ReadPolicy wanted) {

    private static final String FORM = "millrace-connection-1";

    /**
     * What an agent before this one has written; empty: none has come as far as INIT.
     *
     * @throws MillraceException CONFLICT when it is of another form
     */
    static Optional<AgreedConnection> read(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            String[] words = Files.readString(file).strip().split(" ", -1);
            if (words.length == 3 && words[0].equals(FORM)) {
                return Optional.of(
                        new AgreedConnection(
                                Integer.parseInt(words[1]),
                                ReadPolicy.parse("the policy in " + file, words[2])));
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be read: " + e.getMessage(), e);
        }
        throw new MillraceException(ErrorCode.CONFLICT, file + " is of another form than " + FORM);
    }

    /** Written before the kernel is answered: a successor is told of what was never agreed. */
    void write(Path file) {
        Path draft = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.writeString(draft, FORM + " " + flags2 + " " + wanted + "\n");
            Files.move(
                    draft,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
