package io.millrace.understore.local;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens local under stores. */
public final class LocalUnderStores {

    private LocalUnderStores() {}

    /**
     * @throws MillraceException NOT_FOUND: no such directory; INVALID_ARGUMENT: the URI is not a
     *     local path, or this process cannot name files in UTF-8
     */
    public static UnderStore open(UnderStoreSettings settings) {
        String encoding = System.getProperty("sun.jnu.encoding", "");
        if (!encoding.equalsIgnoreCase("UTF-8")) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "a local under store needs file names in UTF-8, and this process has them in "
                            + encoding
                            + ": start it with LC_ALL=C.UTF-8");
        }
        try {
            Path root = Path.of(settings.uri()).toRealPath();
            if (!Files.isDirectory(root)) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND, "not a directory: " + settings.uri());
            }
            return new LocalUnderStore(root);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "not a local path: '" + settings.uri() + "' (as file:///directory/)",
                    e);
        } catch (IOException e) {
            throw new MillraceException(ErrorCode.NOT_FOUND, "no directory " + settings.uri(), e);
        }
    }
}
