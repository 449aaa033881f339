package io.millrace.metadata.endpoint;

import java.time.Duration;

/**
 * What the endpoints hold to.
 *
 * @param defaultMaxAge of mounts that name none
 * @param heartbeat longest silence on a watch stream
 * @param watchers most watch streams at once
 */
public record EndpointLimits(Duration defaultMaxAge, Duration heartbeat, int watchers) {}
