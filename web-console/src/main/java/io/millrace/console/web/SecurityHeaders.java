package io.millrace.console.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Headers of every answer: a page that may load nothing but its own script and style, may be framed
 * by nobody, and tells nobody where it was.
 */
@Singleton
public class SecurityHeaders {

    static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                    + " frame-ancestors 'none'";

    static final int BEFORE_ALL_ELSE = 1_000;

    void register(@Observes Filters filters) {
        filters.register(
                context -> {
                    MultiMap headers = context.response().headers();
                    headers.set("Content-Security-Policy", POLICY);
                    headers.set("X-Content-Type-Options", "nosniff");
                    headers.set("X-Frame-Options", "DENY");
                    headers.set("Referrer-Policy", "no-referrer");
                    headers.set("Cross-Origin-Resource-Policy", "same-origin");
                    context.next();
                },
                BEFORE_ALL_ELSE);
    }
}
