package io.millrace.console.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How browsers keep the page: they may, and ask each time whether it is still the same. Its files
 * have the same names in every version, so that none may be believed unasked, and an answer of 304
 * costs a round trip without a body.
 */
@Singleton
public class PageFiles {

    private static final List<String> NAMES =
            List.of("index.html", "console.js", "console.css", "mill.svg");
    private static final int TAG_BYTES = 16;
    private static final int AFTER_THE_HEADERS = SecurityHeaders.BEFORE_ALL_ELSE - 1;

    private final Map<String, String> tags = new LinkedHashMap<>();

    PageFiles() {
        for (String name : NAMES) {
            tags.put("/" + name, tag("META-INF/resources/" + name));
        }
        tags.put("/", tags.getOrDefault("/index.html", ""));
    }

    void register(@Observes Filters filters) {
        filters.register(this::answer, AFTER_THE_HEADERS);
    }

    private void answer(RoutingContext context) {
        String tag = tags.get(context.normalizedPath());
        HttpMethod method = context.request().method();
        if (tag == null || !(method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))) {
            context.next();
            return;
        }
        context.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        context.response().putHeader(HttpHeaders.ETAG, tag);
        // Times of files say when they were unpacked, not which version they are.
        context.request().headers().remove(HttpHeaders.IF_MODIFIED_SINCE);
        if (isKnown(context.request().getHeader(HttpHeaders.IF_NONE_MATCH), tag)) {
            context.response().setStatusCode(304).end();
        } else {
            context.next();
        }
    }

    private static boolean isKnown(@Nullable String known, String tag) {
        return known != null && (known.strip().equals("*") || known.contains(tag));
    }

    private static String tag(String resource) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (InputStream content = loader.getResourceAsStream(resource)) {
            if (content == null) {
                throw new IllegalStateException(resource + " is not part of the program");
            }
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.readAllBytes());
            return '"' + HexFormat.of().formatHex(hash, 0, TAG_BYTES) + '"';
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
