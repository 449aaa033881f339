package io.millrace.job.engine;

import io.millrace.job.dispatch.DispatchSettings;
import io.millrace.job.pins.PinSettings;
import io.millrace.job.plan.EstimateSettings;
import io.millrace.job.plan.PlanSettings;
import io.millrace.job.result.ResultSettings;
import io.millrace.job.schedule.ScheduleSettings;
import java.time.Duration;
import java.util.Map;

/**
 * Everything a job engine is told.
 *
 * @param metadataService {@code host:port} of its gRPC
 * @param callTimeout of each call to the metadata-service or a worker
 * @param kafka properties of the Kafka clients
 * @param resultsGroup consumer group that reads results; one for each database
 * @param plan bounds of planning
 * @param dispatch bounds of sending
 * @param results bounds of waiting for results
 * @param estimate bounds of dry runs
 * @param pins bounds of keeping pinned paths resident
 * @param schedules bounds of schedules
 * @param planners how many jobs are planned at once
 * @param idle how long a loop that found nothing waits before it looks again
 * @param historyCount how many ended jobs are kept at most
 * @param historyAge how long an ended job is kept at most
 * @param watchers how many clients may follow jobs at once
 */
public record EngineSettings(
        String metadataService,
        Duration callTimeout,
        Map<String, Object> kafka,
        String resultsGroup,
        PlanSettings plan,
        DispatchSettings dispatch,
        ResultSettings results,
        EstimateSettings estimate,
        PinSettings pins,
        ScheduleSettings schedules,
        int planners,
        Duration idle,
        int historyCount,
        Duration historyAge,
        int watchers) {

    public EngineSettings {
        kafka = Map.copyOf(kafka);
    }
}
