package io.millrace.metadata.endpoint;

import io.millrace.metadata.namespace.Inode;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.rest.Limit;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The namespace over REST. */
@Path("/api/v1/fs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Namespace")
@RunOnVirtualThread
public class FileSystemResource {

    private static final int USUAL_PAGE = 1_000;

    private final Namespace namespace;
    private final ResidencyView residency;

    FileSystemResource(Namespace namespace, ResidencyView residency) {
        this.namespace = namespace;
        this.residency = residency;
    }

    /**
     * An inode, as it is shown.
     *
     * @param kind FILE or DIRECTORY
     * @param mountId 0: above all mounts
     * @param bytes of files
     * @param fileVersion of files: the name of their bytes in the cache
     * @param uid of files: the owner, where the object's metadata says it
     * @param gid of files: the group, where the object's metadata says it
     * @param permissions of files: three octal digits, where the object's metadata says them
     */
    public record InodeView(
            long id,
            String name,
            @Nullable String path,
            String kind,
            long mountId,
            String key,
            long modifiedMillis,
            @Nullable Long bytes,
            @Nullable String objectVersion,
            @Nullable String fileVersion,
            @Nullable Long uid,
            @Nullable Long gid,
            @Nullable String permissions) {

        static InodeView of(Inode inode, @Nullable String path) {
            return switch (inode) {
                case Inode.File file ->
                        new InodeView(
                                file.id(),
                                file.name(),
                                path,
                                "FILE",
                                file.source().mountId(),
                                file.source().key(),
                                file.modifiedMillis(),
                                file.source().length(),
                                file.source().objectVersion(),
                                file.source().fileVersion().toString(),
                                file.attributes().uid(),
                                file.attributes().gid(),
                                octal(file.attributes().permissions()));
                case Inode.Directory directory ->
                        new InodeView(
                                directory.id(),
                                directory.name(),
                                path,
                                "DIRECTORY",
                                directory.mountId(),
                                directory.key(),
                                directory.modifiedMillis(),
                                null,
                                null,
                                null,
                                null,
                                null,
                                null);
            };
        }

        private static @Nullable String octal(@Nullable Integer permissions) {
            return permissions == null ? null : "%03o".formatted(permissions);
        }
    }

    /** One page of a directory; {@code more}: ask again after the last name. */
    public record DirectoryView(String path, List<InodeView> entries, boolean more) {}

    /** Sums over everything at and below a path. */
    public record UsageView(String path, long files, long directories, long bytes) {}

    /**
     * How much of a directory is cached.
     *
     * @param cachedBytes on all workers together; copies and old versions count
     * @param complete whether there is no more than this
     */
    public record ResidencyAnswer(
            String path,
            long files,
            long bytes,
            long cachedFiles,
            long cachedBytes,
            double heat,
            boolean complete,
            List<OnWorker> workers) {

        /**
         * What one worker has of it.
         *
         * @param madeMillis when it said so; 0: it has said nothing yet
         * @param unknownFiles of the whole worker, which it cannot name
         */
        public record OnWorker(
                String id,
                long cachedFiles,
                long cachedBytes,
                double heat,
                long madeMillis,
                long unknownFiles,
                long unknownBytes) {}

        static ResidencyAnswer of(NamespacePath path, ResidencyView.Residency residency) {
            return new ResidencyAnswer(
                    path.toString(),
                    residency.total().files(),
                    residency.total().bytes(),
                    residency.cached().files(),
                    residency.cached().bytes(),
                    residency.heat(),
                    residency.isComplete(),
                    residency.workers().stream()
                            .map(worker ->
                                    new OnWorker(
                                            worker.worker().value(),
                                            worker.cached().files(),
                                            worker.cached().bytes(),
                                            worker.heat(),
                                            worker.madeMillis(),
                                            worker.unknown().files(),
                                            worker.unknown().bytes()))
                            .toList());
        }
    }

    /** One page of keys that have no path. */
    public record HiddenKeysView(List<Namespace.HiddenKey> keys, String nextCursor, long total) {}

    @GET
    @Path("stat")
    @Operation(summary = "What lies at a path")
    public InodeView stat(@QueryParam("path") @Nullable String path) {
        NamespacePath at = parse(path);
        return InodeView.of(namespace.require(at), at.toString());
    }

    @GET
    @Path("ls")
    @Operation(summary = "One page of a directory in name order; of a file, the file itself")
    public DirectoryView list(
            @QueryParam("path") @Nullable String path,
            @QueryParam("after") @Nullable String after,
            @QueryParam("limit") @Nullable String limit) {
        NamespacePath at = parse(path);
        return switch (namespace.require(at)) {
            case Inode.File file ->
                    new DirectoryView(
                            at.toString(), List.of(InodeView.of(file, at.toString())), false);
            case Inode.Directory directory -> {
                Namespace.DirectoryPage page =
                        namespace.readDirectory(
                                directory.id(),
                                after == null ? "" : after,
                                Limit.parse(limit, USUAL_PAGE, Namespace.MAX_PAGE));
                yield new DirectoryView(
                        at.toString(),
                        page.entries().stream().map(entry -> InodeView.of(entry, null)).toList(),
                        page.more());
            }
        };
    }

    @GET
    @Path("du")
    @Operation(summary = "Files, directories and bytes at and below a path")
    public UsageView usage(@QueryParam("path") @Nullable String path) {
        NamespacePath at = parse(path);
        Namespace.Usage usage = namespace.usage(at);
        return new UsageView(at.toString(), usage.files(), usage.directories(), usage.bytes());
    }

    @GET
    @Path("residency")
    @Operation(
            summary = "How much of a directory is cached, and where",
            description =
                    "As the workers last summed it up. Files: a plan of a load asks the workers.")
    public ResidencyAnswer residency(@QueryParam("path") @Nullable String path) {
        NamespacePath at = parse(path);
        return ResidencyAnswer.of(at, residency.of(at));
    }

    @GET
    @Path("hidden")
    @Operation(summary = "One page of the keys that cannot be paths")
    public HiddenKeysView hidden(
            @QueryParam("mount") @Nullable String mount,
            @QueryParam("cursor") @Nullable String cursor,
            @QueryParam("limit") @Nullable String limit) {
        Namespace.HiddenKeys keys =
                namespace.hiddenKeys(
                        Optional.ofNullable(mount).map(NamespacePath::parse),
                        cursor == null ? "" : cursor,
                        Limit.parse(limit, USUAL_PAGE, Namespace.MAX_PAGE));
        return new HiddenKeysView(keys.keys(), keys.nextCursor(), keys.total());
    }

    private static NamespacePath parse(@Nullable String path) {
        if (path == null) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "the query parameter 'path' is missing");
        }
        return NamespacePath.parse(path);
    }
}
