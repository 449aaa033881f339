package io.millrace.standalone.demo;

import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.FileReader;
import io.millrace.client.MillraceClient;
import io.millrace.model.NamespacePath;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Reads through the client library, where the machine allows no mount. */
public final class ClientReading implements FileReading {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final MillraceClient client;
    private final NamespacePath root;

    /**
     * @param metadataService {@code host:port}
     * @param root of the data set in the namespace
     */
    public ClientReading(String metadataService, NamespacePath root) {
        URI address = URI.create("grpc://" + metadataService);
        this.client =
                MillraceClient.connect(
                        ClientSettings.of(address.getHost(), address.getPort(), "demo"), PATIENCE);
        this.root = root;
    }

    @Override
    public Open open(String path) {
        Cancellation never = new Cancellation();
        NamespacePath full = NamespacePath.parse(root + "/" + path);
        FileReader reader = client.open(client.namespace().resolve(full, never).file());
        return new Open() {
            private long offset;

            @Override
            public int read(ByteBuffer target) {
                int count = reader.read(target, offset, never);
                offset += count;
                return count == 0 ? -1 : count;
            }

            @Override
            public void close() {
                reader.close();
            }
        };
    }

    @Override
    public void close() {
        client.close();
    }
}
