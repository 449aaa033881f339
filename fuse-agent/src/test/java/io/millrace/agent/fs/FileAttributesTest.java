package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.agent.fuse.Attributes;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.FileSource;
import io.millrace.model.ObjectAttributes;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whose word counts: that of who mounts, the object's, or the default. */
class FileAttributesTest {

    private static final ObjectAttributes SAID =
            new ObjectAttributes(ObjectAttributes.MAX_ID, 100L, 0751, 1L);
    private static final FileAttributes DEFAULTS = new FileAttributes(7, 8, 0444, 0555);

    private static NamespaceEntry file(ObjectAttributes said) {
        FileSource source = new FileSource(1, "key", "v1", 3);
        return new NamespaceEntry(2, 1, "file", 1, source, source.fileVersion(), said);
    }

    private static void assertLooks(int uid, int gid, int permissions, Attributes attributes) {
        assertEquals(uid, attributes.uid());
        assertEquals(gid, attributes.gid());
        assertEquals(permissions, attributes.permissions());
    }

    @Test
    void anObjectSaysHowItsFileLooksButNotThatItCanBeWritten() {
        assertLooks((int) ObjectAttributes.MAX_ID, 100, 0551, DEFAULTS.of(file(SAID)));
    }

    @Test
    void whatAnObjectDoesNotSayIsAsTheMountHasIt() {
        assertLooks(7, 8, 0444, DEFAULTS.of(file(ObjectAttributes.NONE)));
        assertLooks(0, 8, 0, DEFAULTS.of(file(new ObjectAttributes(0L, null, 0, null))));
    }

    @Test
    void whatWasGivenToTheMountHoldsWhateverObjectsSay() {
        Set<FileAttributes.Part> all = EnumSet.allOf(FileAttributes.Part.class);

        assertLooks(7, 8, 0640, new FileAttributes(7, 8, 0640, 0555, all).of(file(SAID)));
        assertLooks(
                7,
                100,
                0551,
                new FileAttributes(7, 8, 0444, 0555, Set.of(FileAttributes.Part.UID))
                        .of(file(SAID)));
    }

    @Test
    void aSuccessorKnowsWhatTheObjectSaid() {
        assertEquals(file(SAID), NamespaceEntry.decode(file(SAID).encode()));
    }
}
