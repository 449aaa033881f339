package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFile;

/** Where credentials are found; the secret itself is never part of a setting. */
final class CredentialReference {

    private static final String FORMS = "anonymous, default, profile:NAME, file:PATH or env:PREFIX";

    private CredentialReference() {}

    /**
     * A file is read anew for each request, so that rotated keys are taken up.
     *
     * @throws MillraceException INVALID_ARGUMENT: not a reference, or nothing is there
     */
    static AwsCredentialsProvider resolve(String reference) {
        return switch (reference) {
            case "", "default" -> DefaultCredentialsProvider.builder().build();
            case "anonymous" -> AnonymousCredentialsProvider.create();
            default -> resolveNamed(reference);
        };
    }

    private static AwsCredentialsProvider resolveNamed(String reference) {
        int colon = reference.indexOf(':');
        String kind = colon < 0 ? reference : reference.substring(0, colon);
        String name = colon < 0 ? "" : reference.substring(colon + 1);
        if (name.isEmpty()) {
            throw invalid("not a credentials reference: '" + reference + "' (" + FORMS + ")", null);
        }
        return switch (kind) {
            case "profile" -> profile(name);
            case "file" -> file(name);
            case "env" -> environment(name);
            default ->
                    throw invalid(
                            "not a credentials reference: '" + reference + "' (" + FORMS + ")",
                            null);
        };
    }

    private static AwsCredentialsProvider profile(String name) {
        if (ProfileFile.defaultProfileFile().profile(name).isEmpty()) {
            throw invalid("no profile '" + name + "' in the AWS configuration of this user", null);
        }
        return ProfileCredentialsProvider.create(name);
    }

    private static AwsCredentialsProvider file(String name) {
        try {
            Path path = Path.of(name);
            read(path);
            return () -> read(path);
        } catch (InvalidPathException e) {
            throw invalid("not a path: '" + name + "'", e);
        }
    }

    private static AwsCredentials read(Path path) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(path)));
        } catch (IOException e) {
            throw invalid("the credentials file " + path + " cannot be read: " + e, e);
        }
        return credentials(
                properties::getProperty,
                "accessKeyId",
                "secretAccessKey",
                "sessionToken",
                "the credentials file " + path);
    }

    private static AwsCredentialsProvider environment(String prefix) {
        AwsCredentials found =
                credentials(
                        System::getenv,
                        prefix + "_ACCESS_KEY_ID",
                        prefix + "_SECRET_ACCESS_KEY",
                        prefix + "_SESSION_TOKEN",
                        "the environment");
        return () -> found;
    }

    private static AwsCredentials credentials(
            UnaryOperator<@Nullable String> values,
            String id,
            String secret,
            String token,
            String where) {
        String idValue = values.apply(id);
        String secretValue = values.apply(secret);
        if (idValue == null || idValue.isBlank() || secretValue == null || secretValue.isBlank()) {
            throw invalid(where + " does not give both " + id + " and " + secret, null);
        }
        String tokenValue = values.apply(token);
        return tokenValue == null || tokenValue.isBlank()
                ? AwsBasicCredentials.create(idValue.strip(), secretValue.strip())
                : AwsSessionCredentials.create(
                        idValue.strip(), secretValue.strip(), tokenValue.strip());
    }

    private static MillraceException invalid(String message, @Nullable Exception cause) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message, cause);
    }
}
