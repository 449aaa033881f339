package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.ReferenceFileSystem;
import io.millrace.model.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests as no kernel sends them. */
class MalformedRequestTest {

    private final ReferenceFileSystem files = new ReferenceFileSystem();
    private final ReferenceFileSystem.Node file = files.file(files.root(), "a", 100, 1);
    private final RequestBuffer in = new RequestBuffer();
    private final ReplyBuffer out = new ReplyBuffer(1 << 16);
    private Protocol protocol;

    @TempDir Path directory;

    @BeforeEach
    void start() {
        Handles handles = new Handles(0);
        protocol =
                new Protocol(
                        files,
                        new Opens(files, ReadPolicy.NO_OPEN, -1, handles, OpenJournal.NONE),
                        new DirectoryHandles(files, handles),
                        FuseOptions.at(directory),
                        0);
    }

    /** As one read(2) of the device brings it. */
    private int receive(byte[] request) throws IOException {
        Path file = Files.write(directory.resolve("request"), request);
        int fd = Libc.open(file.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
        try {
            return in.receive(fd);
        } finally {
            var _ = Libc.close(fd);
        }
    }

    private static byte[] request(int opcode, byte[] body) {
        return ByteBuffer.allocate(Wire.IN_HEADER + body.length)
                .order(ByteOrder.nativeOrder())
                .putInt(Wire.IN_HEADER + body.length)
                .putInt(opcode)
                .putLong(7)
                .putLong(1)
                .position(Wire.IN_HEADER)
                .put(body)
                .array();
    }

    @Test
    void aRequestThatIsNotAsLongAsItSaysIsRefused() throws IOException {
        byte[] whole = request(Wire.GETATTR, new byte[16]);
        assertEquals(0, receive(whole));
        for (int length = 1; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(MalformedRequest.class, () -> receive(cut));
        }
    }

    @Test
    void aBodyThatIsTooShortIsRefusedWhateverWasThereBefore() throws IOException {
        byte[] full = new byte[4000];
        Arrays.fill(full, (byte) 'x');
        assertEquals(0, receive(request(Wire.READ, full)));
        for (int opcode :
                new int[] {
                    Wire.LOOKUP,
                    Wire.FORGET,
                    Wire.BATCH_FORGET,
                    Wire.READ,
                    Wire.READDIRPLUS,
                    Wire.RELEASEDIR,
                    Wire.GETXATTR,
                    Wire.LISTXATTR
                }) {
            assertEquals(0, receive(request(opcode, new byte[0])));
            assertThrows(MalformedRequest.class, () -> protocol.decode(in), () -> "" + opcode);
        }
    }

    @Test
    void moreNodesToForgetThanThereIsRoomForAreRefusedAndNoneIsForgotten() throws IOException {
        long lookups = files.lookupCount(file);
        for (int count : new int[] {2, 1000, Integer.MAX_VALUE, -1}) {
            byte[] body =
                    ByteBuffer.allocate(8 + 16)
                            .order(ByteOrder.nativeOrder())
                            .putInt(count)
                            .putInt(0)
                            .putLong(2)
                            .putLong(1)
                            .array();
            assertEquals(0, receive(request(Wire.BATCH_FORGET, body)));
            assertThrows(MalformedRequest.class, () -> protocol.decode(in));
        }
        assertEquals(lookups, files.lookupCount(file));
        assertFalse(Protocol.isAnswered(Wire.BATCH_FORGET));
    }

    @Test
    void anyBytesAreAnOperationOrRefused() throws IOException {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("MalformedRequestTest: -Dmillrace.test.seed=" + seed);
        Random random = new Random(seed);
        int ran = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] body = new byte[random.nextInt(random.nextInt(10) == 0 ? 4000 : 64)];
            random.nextBytes(body);
            int opcode = 1 + random.nextInt(55);
            // A file system need not bear that more is forgotten than it gave, as the agent's does.
            if (opcode == Wire.FORGET
                    || opcode == Wire.BATCH_FORGET
                    || opcode == Wire.INIT
                    || opcode == Wire.INTERRUPT) {
                continue;
            }
            assertEquals(0, receive(request(opcode, body)));
            try {
                Operation operation = protocol.decode(in);
                if (operation != null) {
                    int result = protocol.run(opcode, operation, out, Call.IMMEDIATE);
                    assertTrue(result >= -4096 && result <= out.capacity(), "" + result);
                    protocol.takeBack(out);
                    ran++;
                }
            } catch (MalformedRequest e) {
                assertTrue(body.length < 40, opcode + " with " + body.length + " bytes");
            }
        }
        assertTrue(ran > 1_000, "" + ran);
    }

    @Test
    void onlyWritesAreRefusedAsSuch() throws IOException {
        assertEquals(0, receive(request(Wire.MKDIR, new byte[0])));
        Operation operation = Objects.requireNonNull(protocol.decode(in));
        assertEquals(-Errno.EROFS, protocol.run(Wire.MKDIR, operation, out, Call.IMMEDIATE));
    }
}
