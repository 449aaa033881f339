package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.jspecify.annotations.Nullable;

/** The S3 server's process. */
final class S3Main implements JvmServerMain.Server {

    private final Path data;
    private final S3Proxy proxy;
    private final @Nullable BucketEvents events;
    private final CountDownLatch ended = new CountDownLatch(1);

    private S3Main(JvmServerMain main) throws Exception {
        data = data(main.directory());
        Files.createDirectories(data);
        checkAttributes();
        Properties credentials =
                PrivateFile.read(main.directory().resolve("credentials.properties"));
        if (credentials == null) {
            throw new IOException("no credentials.properties in " + main.directory());
        }
        String kafka = main.parameters().get(BucketEvents.BOOTSTRAP_SERVERS);
        String topic = main.parameters().get(BucketEvents.TOPIC);
        events = kafka == null || topic == null ? null : new BucketEvents(kafka, topic);
        proxy =
                S3Proxy.builder()
                        .endpoint(URI.create("http://127.0.0.1:" + main.port()))
                        .awsAuthentication(
                                AuthenticationType.AWS_V2_OR_V4,
                                credentials.getProperty("accessKeyId"),
                                credentials.getProperty("secretAccessKey"))
                        .blobStore(
                                new UntornBlobStore(
                                        new FilesystemNio2BlobStore(data.toString()), data, events))
                        .ignoreUnknownHeaders(true)
                        .v4MaxNonChunkedRequestSize(64L << 20)
                        .stopTimeout(1_000)
                        .build();
    }

    static Path data(Path directory) {
        return directory.resolve("data");
    }

    public static void main(String... arguments) throws Exception {
        JvmServerMain main = JvmServerMain.parse(arguments);
        main.run(new S3Main(main));
    }

    @Override
    public void start() throws Exception {
        proxy.start();
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }

    @Override
    public void stop() throws Exception {
        proxy.stop();
        if (events != null) {
            events.close();
        }
        ended.countDown();
    }

    /** ETags are kept in extended attributes; without them no object would have one. */
    private void checkAttributes() throws IOException {
        Path probe = Files.createTempFile(data.getParent(), "probe", "");
        try {
            Files.getFileAttributeView(probe, UserDefinedFileAttributeView.class)
                    .write("content-md5", ByteBuffer.allocate(16));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "the file system of "
                            + data
                            + " keeps no extended attributes, which the S3 server needs",
                    e);
        } finally {
            Files.delete(probe);
        }
    }
}
