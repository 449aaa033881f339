package io.millrace.job.schedule;

import java.time.Duration;

/**
 * Bounds of schedules.
 *
 * @param most how many there may be
 * @param catchUp a time that was missed by no more is made up for, once; a later one is left out
 * @param lease after this, a step that does not end is taken over
 * @param retryPause before what was not possible, or waits, is looked at again
 */
public record ScheduleSettings(int most, Duration catchUp, Duration lease, Duration retryPause) {}
