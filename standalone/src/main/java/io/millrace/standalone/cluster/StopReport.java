package io.millrace.standalone.cluster;

import java.util.Map;

/**
 * How stopping a cluster went.
 *
 * @param forced parts that did not end in time and were killed
 * @param left parts that still run, or are still mounted
 */
public record StopReport(Map<String, String> forced, Map<String, String> left) {

    public StopReport {
        forced = Map.copyOf(forced);
        left = Map.copyOf(left);
    }
}
