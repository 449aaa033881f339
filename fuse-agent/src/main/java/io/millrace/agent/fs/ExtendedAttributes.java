package io.millrace.agent.fs;

import io.millrace.client.MillraceClient;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.FileVersion;
import io.millrace.model.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * What getfattr(1) shows of a file: its version and key, who owns its bytes by the ring, and how
 * many of them lie on this host. Directories have none. Nobody is asked for them.
 */
final class ExtendedAttributes {

    /** Which there are. */
    private enum Name {
        VERSION,
        KEY,
        OWNER,
        CACHED;

        String shown() {
            return "user.millrace." + name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final MillraceClient client;

    ExtendedAttributes(MillraceClient client) {
        this.client = client;
    }

    List<String> names(NamespaceEntry entry) {
        List<String> names = new ArrayList<>();
        if (!entry.isDirectory()) {
            for (Name name : Name.values()) {
                if (name != Name.CACHED || !client.localDirectories().isEmpty()) {
                    names.add(name.shown());
                }
            }
        }
        return names;
    }

    /** Empty: {@code entry} has no such attribute. */
    Optional<String> value(NamespaceEntry entry, String name) {
        FileVersion version = entry.version();
        if (version == null) {
            return Optional.empty();
        }
        for (Name known : Name.values()) {
            if (known.shown().equals(name)) {
                return value(entry, version, known);
            }
        }
        return Optional.empty();
    }

    private Optional<String> value(NamespaceEntry entry, FileVersion version, Name name) {
        return switch (name) {
            case VERSION -> Optional.of(version.toString());
            case KEY -> Optional.of(entry.file().key());
            case OWNER ->
                    Optional.of(
                            client.owners(entry).stream()
                                    .map(WorkerId::value)
                                    .collect(Collectors.joining(",")));
            case CACHED -> {
                OptionalLong bytes = client.residentBytes(entry);
                yield bytes.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Long.toString(bytes.getAsLong()));
            }
        };
    }
}
