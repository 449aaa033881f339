package io.millrace.testkit.chaos;

import java.time.Duration;

/**
 * What a run does.
 *
 * @param length for how long things fail
 * @param seed which things, in which order
 * @param readers threads that read
 */
public record ChaosSettings(Duration length, long seed, int readers) {}
