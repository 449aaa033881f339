package io.millrace.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.gaul.s3proxy.blobstore.SdkResponses;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.StorageClass;

/**
 * Lists objects kept in files, page by page.
 *
 * <p>The store's own listing reads every object below the prefix for every page (1.3 s a page for a
 * directory of 100,000), orders by UTF-16, and can pair the size of one version with the ETag of
 * another. Here only the names of a directory are read, and kept as long as the directory's
 * modification time stands; order is that of UTF-8's bytes; each object given is asked for as a
 * HEAD would be. A lock guards the memory and is not held while reading.
 */
final class ObjectListing {

    private static final int REMEMBERED = 16;
    private static final int MOST_KEYS = 1_000;

    /** Changes within one tick of the file system's clock are not told apart. */
    private static final long SETTLED_MILLIS = 1_000;

    private static final Set<String> INTERNAL = Set.of(".s3proxy-slash", ".s3proxy-versions");
    private static final String UPLOAD = ".mpus-";

    /** What a token of a page begins with, before the last key in base64url: no marker is one. */
    private static final String TOKEN = "page.";

    private final BiFunction<String, String, @Nullable HeadObjectResponse> head;
    private final Map<Path, Names> memory =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
                        private static final long serialVersionUID = 1L;

                        @Override
                        protected boolean removeEldestEntry(Map.Entry<Path, Names> eldest) {
                            return size() > REMEMBERED;
                        }
                    });

    /**
     * @param head by bucket and key; null: no such object
     */
    ObjectListing(BiFunction<String, String, @Nullable HeadObjectResponse> head) {
        this.head = head;
    }

    /** An entry of a directory, with {@code /} behind the name of a directory. */
    private record Name(String text, byte[] bytes) implements Comparable<Name> {

        static Name of(String text) {
            return new Name(text, text.getBytes(StandardCharsets.UTF_8));
        }

        boolean isDirectory() {
            return text.endsWith("/");
        }

        @Override
        public int compareTo(Name other) {
            return Arrays.compareUnsigned(bytes, other.bytes);
        }
    }

    private record Names(FileTime modified, List<Name> sorted) {}

    /**
     * @param after the token of the page before, or a key to start behind
     * @param maxKeys objects and common prefixes together; null: 1,000
     */
    ListObjectsV2Response list(
            Path bucket,
            String prefix,
            boolean fold,
            @Nullable String after,
            @Nullable Integer maxKeys) {
        int most = maxKeys == null ? MOST_KEYS : Math.min(MOST_KEYS, maxKeys);
        Page page = new Page(bucket, prefix, fold, after == null ? null : key(after), most);
        try {
            String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
            Path directory = bucket.resolve(folder).normalize();
            if (directory.startsWith(bucket) && !prefix.contains("//")) {
                page.collect(folder, directory);
            }
            return page.response();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * A token without a character that XML or a URL would have to write otherwise: the server
     * encodes tokens as it does keys, and clients give them back as they came.
     */
    private static String token(String lastKey) {
        byte[] bytes = lastKey.getBytes(StandardCharsets.UTF_8);
        return TOKEN + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String key(String tokenOrKey) {
        if (!tokenOrKey.startsWith(TOKEN)) {
            return tokenOrKey;
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(tokenOrKey.substring(TOKEN.length()));
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // A key that looks like one.
            return tokenOrKey;
        }
    }

    private List<Name> names(Path directory) throws IOException {
        FileTime modified;
        try {
            modified = Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        Names known = memory.get(directory);
        if (known != null && known.modified().equals(modified)) {
            return known.sorted();
        }
        boolean settled = System.currentTimeMillis() - modified.toMillis() > SETTLED_MILLIS;
        List<Name> sorted = read(directory);
        if (settled) {
            memory.put(directory, new Names(modified, sorted));
        }
        return sorted;
    }

    private static List<Name> read(Path directory) throws IOException {
        List<Name> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(UPLOAD) && !INTERNAL.contains(name)) {
                    names.add(Name.of(Files.isDirectory(entry) ? name + "/" : name));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        return names;
    }

    /** One page being filled, in key order. */
    private final class Page {

        private final Path bucket;
        private final String prefix;
        private final boolean fold;
        private final @Nullable String after;
        private final int most;
        private final List<S3Object> objects = new ArrayList<>();
        private final List<CommonPrefix> prefixes = new ArrayList<>();
        private @Nullable String last;
        private boolean truncated;

        Page(Path bucket, String prefix, boolean fold, @Nullable String after, int most) {
            this.bucket = bucket;
            this.prefix = prefix;
            this.fold = fold;
            this.after = after;
            this.most = most;
        }

        /** What lies in {@code folder}, whose own marker comes first. */
        void collect(String folder, Path directory) throws IOException {
            if (!folder.isEmpty() && folder.startsWith(prefix) && isBehind(folder)) {
                object(folder);
            }
            for (Name name : names(directory)) {
                if (truncated) {
                    return;
                }
                String key = folder + name.text();
                if (name.isDirectory() && !(fold && key.startsWith(prefix))) {
                    if ((key.startsWith(prefix) || prefix.startsWith(key)) && mayHoldMore(key)) {
                        collect(key, directory.resolve(name.text()));
                    }
                } else if (key.startsWith(prefix) && isBehind(key)) {
                    if (name.isDirectory()) {
                        folded(key);
                    } else {
                        object(key);
                    }
                }
            }
        }

        private boolean isBehind(String key) {
            return after == null || Name.of(key).compareTo(Name.of(after)) > 0;
        }

        private boolean mayHoldMore(String folder) {
            return after == null || after.startsWith(folder) || isBehind(folder);
        }

        private void object(String key) {
            if (isFull()) {
                return;
            }
            HeadObjectResponse found = head.apply(bucket.getFileName().toString(), key);
            if (found != null) {
                objects.add(
                        SdkResponses.objectEntry(
                                key,
                                found.eTag(),
                                found.lastModified(),
                                found.contentLength(),
                                StorageClass.STANDARD));
                last = key;
            }
        }

        private void folded(String key) {
            if (!isFull()) {
                prefixes.add(SdkResponses.commonPrefix(key));
                last = key;
            }
        }

        private boolean isFull() {
            truncated = objects.size() + prefixes.size() >= most;
            return truncated;
        }

        ListObjectsV2Response response() {
            return SdkResponses.objectsPage(
                    objects, prefixes, truncated && last != null ? token(last) : null);
        }
    }
}
