package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AttemptListener;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Opens S3 under stores. */
public final class S3UnderStores {

    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

    private S3UnderStores() {}

    /**
     * @throws MillraceException INVALID_ARGUMENT: the URI, the endpoint or the credentials'
     *     reference is not one
     */
    public static UnderStore open(UnderStoreSettings settings, AttemptListener attempts) {
        Bucket bucket = Bucket.parse(settings.uri());
        UnderStoreSettings.Limits limits = settings.limits();
        Duration connect =
                limits.attemptTimeout().compareTo(CONNECT_LIMIT) < 0
                        ? limits.attemptTimeout()
                        : CONNECT_LIMIT;
        S3ClientBuilder builder =
                S3Client.builder()
                        .region(
                                settings.region().isEmpty()
                                        ? Region.US_EAST_1
                                        : Region.of(settings.region()))
                        .forcePathStyle(settings.pathStyle())
                        .disableS3ExpressSessionAuth(true)
                        .credentialsProvider(CredentialReference.resolve(settings.credentials()))
                        .httpClientBuilder(
                                Apache5HttpClient.builder()
                                        .maxConnections(limits.maxConnections())
                                        .connectionTimeout(connect)
                                        .socketTimeout(limits.attemptTimeout())
                                        .connectionAcquisitionTimeout(limits.callTimeout())
                                        .connectionMaxIdleTime(IDLE)
                                        .tcpKeepAlive(true))
                        .overrideConfiguration(c ->
                                c.retryStrategy(AwsRetryStrategy.doNotRetry())
                                        .apiCallTimeout(limits.callTimeout()));
        String endpoint = "the S3 endpoint of region " + settings.region();
        if (!settings.endpoint().isEmpty()) {
            endpoint = settings.endpoint();
            builder.endpointOverride(endpoint(endpoint))
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        }
        S3Failures failures = new S3Failures(bucket, endpoint, settings.credentials(), limits);
        return new S3UnderStore(
                builder.build(), bucket, failures, new Retries(limits, failures, attempts));
    }

    private static URI endpoint(String text) {
        try {
            URI uri = new URI(text);
            if (uri.getScheme() != null
                    && uri.getScheme().matches("https?")
                    && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw notAnEndpoint(text, e);
        }
        throw notAnEndpoint(text, null);
    }

    private static MillraceException notAnEndpoint(
            String text, @org.jspecify.annotations.Nullable Exception cause) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "not an S3 endpoint: '" + text + "' (as https://s3.example.org:9000)",
                cause);
    }
}
