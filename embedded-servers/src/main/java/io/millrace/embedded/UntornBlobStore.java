package io.millrace.embedded;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Makes an object change as a whole, as S3 promises.
 *
 * <p>The store below reads an object's attributes by its path and then opens the file by its path:
 * an overwrite in between gives the new bytes under the old ETag. Here whoever reads attributes and
 * opens holds the shared side of the key's lock, and whoever puts a new file in place the exclusive
 * side. An upload takes it only once its last byte has arrived, so no lock is held while waiting
 * for a client. Keys share a fixed number of locks.
 */
final class UntornBlobStore extends ForwardingBlobStore {

    private static final int LOCKS = 256;

    private final ReadWriteLock[] locks = new ReadWriteLock[LOCKS];

    private final Path data;
    private final @Nullable BucketEvents events;
    private final ObjectListing listing = new ObjectListing(this::status);

    /**
     * @param data where {@code delegate} keeps its buckets
     * @param events is told of each change; null: nobody is
     */
    UntornBlobStore(BlobStore delegate, Path data, @Nullable BucketEvents events) {
        super(delegate);
        this.data = data;
        this.events = events;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        if (!containerExists(request.bucket())) {
            throw S3Exceptions.noSuchBucket(request.bucket(), "no such bucket");
        }
        String delimiter = request.delimiter();
        if (delimiter != null && !delimiter.isEmpty() && !delimiter.equals("/")) {
            throw S3Exceptions.invalidArgument("delimiters other than / are not supported");
        }
        return listing.list(
                data.resolve(request.bucket()),
                request.prefix() == null ? "" : request.prefix(),
                "/".equals(delimiter),
                request.continuationToken() == null
                        ? request.startAfter()
                        : request.continuationToken(),
                request.maxKeys());
    }

    private @Nullable HeadObjectResponse status(String bucket, String key) {
        try {
            return blobMetadata(HeadObjectRequest.builder().bucket(bucket).key(key).build());
        } catch (NoSuchKeyException e) {
            return null;
        }
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        Lock lock = lock(request.bucket(), request.key()).readLock();
        lock.lock();
        try {
            checkName(request.bucket(), request.key());
            return super.getBlob(request);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        Lock lock = lock(request.bucket(), request.key()).readLock();
        lock.lock();
        try {
            checkName(request.bucket(), request.key());
            return super.blobMetadata(request);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        LockingAtEnd upload =
                new LockingAtEnd(body, lock(request.bucket(), request.key()).writeLock());
        try {
            PutObjectResponse response = super.putBlob(request, upload);
            tellPut(request.bucket(), request.key());
            return response;
        } finally {
            upload.unlock();
        }
    }

    @Override
    public CopyObjectResponse copyBlob(CopyObjectRequest request) {
        Lock lock = lock(request.destinationBucket(), request.destinationKey()).writeLock();
        lock.lock();
        try {
            CopyObjectResponse response = super.copyBlob(request);
            tellPut(request.destinationBucket(), request.destinationKey());
            return response;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        Lock lock = lock(request.bucket(), request.key()).writeLock();
        lock.lock();
        try {
            DeleteObjectResponse response = super.removeBlob(request);
            if (events != null) {
                events.removed(request.bucket(), request.key());
            }
            return response;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        Lock lock = lock(request.bucket(), request.key()).writeLock();
        lock.lock();
        try {
            CompleteMultipartUploadResponse response =
                    super.completeMultipartUpload(upload, request);
            tellPut(request.bucket(), request.key());
            return response;
        } finally {
            lock.unlock();
        }
    }

    /** The store below would not come by here for each of them. */
    @Override
    public DeleteObjectsResponse removeBlobs(DeleteObjectsRequest request) {
        List<DeletedObject> deleted = new ArrayList<>();
        for (ObjectIdentifier object : request.delete().objects()) {
            removeBlob(request.bucket(), object.key());
            deleted.add(DeletedObject.builder().key(object.key()).build());
        }
        return DeleteObjectsResponse.builder().deleted(deleted).build();
    }

    private void tellPut(String bucket, String key) {
        if (events != null) {
            HeadObjectResponse object = status(bucket, key);
            if (object != null) {
                events.put(bucket, key, object.eTag(), object.contentLength());
            }
        }
    }

    /** To a file system {@code a/} is the file {@code a}; to S3 it is another object. */
    private void checkName(String bucket, String key) {
        if (key.endsWith("/") && Files.isRegularFile(data.resolve(bucket).resolve(key))) {
            throw S3Exceptions.noSuchKey(bucket, key, "no such object");
        }
    }

    private ReadWriteLock lock(String bucket, String key) {
        return locks[Math.floorMod(31 * bucket.hashCode() + key.hashCode(), LOCKS)];
    }

    /** Takes a lock when the end is reached; used by one thread. */
    private static final class LockingAtEnd extends FilterInputStream {

        private final Lock lock;
        private boolean locked;

        LockingAtEnd(InputStream in, Lock lock) {
            super(in);
            this.lock = lock;
        }

        @Override
        public int read() throws IOException {
            return lockAtEnd(super.read());
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            return lockAtEnd(super.read(buffer, offset, length));
        }

        private int lockAtEnd(int result) {
            if (result < 0 && !locked) {
                lock.lock();
                locked = true;
            }
            return result;
        }

        void unlock() {
            if (locked) {
                lock.unlock();
            }
        }
    }
}
