package io.millrace.block.cluster;

import java.time.Duration;

/**
 * How a worker keeps in touch.
 *
 * @param metadataService {@code host:port} of its gRPC
 * @param renewal how often the lease is renewed
 * @param callTimeout deadline of each call
 * @param silence after which a watch stream without a word is begun anew
 */
public record MemberSettings(
        String metadataService, Duration renewal, Duration callTimeout, Duration silence) {}
