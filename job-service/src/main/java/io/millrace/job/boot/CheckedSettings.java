package io.millrace.job.boot;

import io.millrace.job.dispatch.DispatchSettings;
import io.millrace.job.engine.EngineSettings;
import io.millrace.job.pins.PinSettings;
import io.millrace.job.plan.CutLimits;
import io.millrace.job.plan.EstimateSettings;
import io.millrace.job.plan.PlanSettings;
import io.millrace.job.plan.PriceTable;
import io.millrace.job.result.ResultSettings;
import io.millrace.job.schedule.ScheduleSettings;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/** Turns the configuration into settings, or says in one sentence which is out of bounds. */
final class CheckedSettings {

    private static final String PREFIX = "millrace.jobs.";
    private static final Pattern ADDRESS =
            Pattern.compile("[^\\s:/]+:\\d{1,5}|\\[[^\\s]+]:\\d{1,5}");
    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");
    private static final BigDecimal HIGHEST_PRICE = BigDecimal.valueOf(1_000_000);
    private static final int PRICE_DECIMALS = 12;
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration CENTURY = Duration.ofDays(36_500);
    private static final Duration PIN_SLACK = Duration.ofSeconds(30);
    private static final long MAX_BATCH_BYTES = 1L << 40;

    private CheckedSettings() {}

    static EngineSettings of(JobsConfig config, Map<String, Object> kafka) {
        CutLimits limits =
                new CutLimits(
                        number("batch-files", config.batchFiles(), 1, 10_000),
                        bytes("batch-bytes", config.batchBytes()),
                        Topics.MAX_BATCH_MESSAGE_BYTES / 4);
        PlanSettings plan =
                new PlanSettings(
                        limits,
                        number("page-files", config.pageFiles(), 1, 10_000),
                        number("batches-per-worker", config.batchesPerWorker(), 1, 1_000),
                        duration("planner-lease", config.plannerLease(), 1_000, DAY),
                        duration("retry-pause", config.retryPause(), 10, DAY),
                        duration("stall-timeout", config.stallTimeout(), 1_000, CENTURY));
        ResultSettings results =
                new ResultSettings(
                        duration("batch-timeout", config.batchTimeout(), 100, DAY),
                        number("max-attempts", config.maxAttempts(), 1, 1_000),
                        number("max-moves", config.maxMoves(), 0, 1_000),
                        duration("move-delay", config.moveDelay(), 0, DAY),
                        number("max-tries", config.maxTries(), 1, 1_000),
                        duration("try-delay", config.tryDelay(), 0, DAY),
                        number("max-failures", config.maxFailures(), 1, 100_000_000));
        DispatchSettings dispatch =
                new DispatchSettings(
                        plan.batchesPerWorker(),
                        duration("send-timeout", config.sendTimeout(), 500, Duration.ofMinutes(10)),
                        plan.retryPause(),
                        results.batchTimeout());
        EstimateSettings estimate =
                new EstimateSettings(
                        plan.pageFiles(),
                        duration("plan-timeout", config.planTimeout(), 100, DAY),
                        number("max-plans", config.maxPlans(), 1, 1_000),
                        new PriceTable(
                                price("get-per-thousand", config.price().getPerThousand()),
                                price("head-per-thousand", config.price().headPerThousand()),
                                price("egress-per-gib", config.price().egressPerGib()),
                                currency(config.price().currency())));
        PinSettings pins =
                new PinSettings(
                        duration("pin-check", config.pinCheck(), 1_000, DAY),
                        estimate.timeout().plus(PIN_SLACK),
                        plan.retryPause());
        ScheduleSettings schedules =
                new ScheduleSettings(
                        number("max-schedules", config.maxSchedules(), 1, 100_000),
                        duration("schedule-catch-up", config.scheduleCatchUp(), 0, CENTURY),
                        plan.lease(),
                        plan.retryPause());
        return new EngineSettings(
                address("metadata-service", config.metadataService()),
                duration("call-timeout", config.callTimeout(), 10, Duration.ofMinutes(10)),
                kafka,
                config.resultsGroup(),
                plan,
                dispatch,
                results,
                estimate,
                pins,
                schedules,
                number("planners", config.planners(), 1, 64),
                duration("idle", config.idle(), 10, Duration.ofMinutes(1)),
                number("history-count", config.historyCount(), 1, 10_000_000),
                duration("history-age", config.historyAge(), 60_000, CENTURY),
                number("max-watchers", config.maxWatchers(), 1, 10_000));
    }

    private static BigDecimal price(String name, BigDecimal value) {
        if (value.signum() < 0
                || value.compareTo(HIGHEST_PRICE) > 0
                || value.stripTrailingZeros().scale() > PRICE_DECIMALS) {
            throw invalid(
                    "price." + name,
                    value.toPlainString()
                            + " is not within 0 and "
                            + HIGHEST_PRICE
                            + " with at most "
                            + PRICE_DECIMALS
                            + " decimals");
        }
        return value;
    }

    private static String currency(String value) {
        if (!CURRENCY.matcher(value).matches()) {
            throw invalid("price.currency", "'" + value + "' is not 3 capital letters");
        }
        return value;
    }

    private static String address(String name, String value) {
        if (!ADDRESS.matcher(value).matches()) {
            throw invalid(name, "'" + value + "' is not host:port");
        }
        return value;
    }

    private static int number(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw invalid(name, value + " is not within " + least + " and " + most);
        }
        return value;
    }

    private static long bytes(String name, String value) {
        long bytes;
        try {
            bytes = ByteCount.parse(value).bytes();
        } catch (MillraceException e) {
            throw invalid(name, e.getMessage());
        }
        if (bytes < 1 << 20 || bytes > MAX_BATCH_BYTES) {
            throw invalid(name, value + " is not within 1 MiB and 1 TiB");
        }
        return bytes;
    }

    private static Duration duration(String name, Duration value, long leastMillis, Duration most) {
        if (value.compareTo(Duration.ofMillis(leastMillis)) < 0 || value.compareTo(most) > 0) {
            throw invalid(
                    name,
                    value.toMillis()
                            + " ms is not within "
                            + leastMillis
                            + " ms and "
                            + most.toSeconds()
                            + " s");
        }
        return value;
    }

    private static MillraceException invalid(String name, String why) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT, "setting " + PREFIX + name + ": " + why);
    }
}
