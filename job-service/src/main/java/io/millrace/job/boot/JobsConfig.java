package io.millrace.job.boot;

import io.millrace.topics.Topics;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.math.BigDecimal;
import java.time.Duration;

/** The settings of the job-service; docs/configuration.md says what each is for. */
@ConfigMapping(prefix = "millrace.jobs")
public interface JobsConfig {

    @WithDefault("127.0.0.1:7401")
    String metadataService();

    @WithDefault("10s")
    Duration callTimeout();

    @WithDefault(Topics.JOBS_GROUP)
    String resultsGroup();

    @WithDefault("256")
    int batchFiles();

    /** A byte count, as 256MiB. */
    @WithDefault("256MiB")
    String batchBytes();

    @WithDefault("4")
    int batchesPerWorker();

    @WithDefault("2000")
    int pageFiles();

    @WithDefault("2")
    int planners();

    @WithDefault("30s")
    Duration plannerLease();

    @WithDefault("1h")
    Duration stallTimeout();

    @WithDefault("1s")
    Duration retryPause();

    @WithDefault("10s")
    Duration sendTimeout();

    @WithDefault("10m")
    Duration batchTimeout();

    @WithDefault("5")
    int maxAttempts();

    @WithDefault("10")
    int maxMoves();

    @WithDefault("250ms")
    Duration moveDelay();

    @WithDefault("3")
    int maxTries();

    @WithDefault("1s")
    Duration tryDelay();

    @WithDefault("100000")
    int maxFailures();

    @WithDefault("2m")
    Duration planTimeout();

    @WithDefault("4")
    int maxPlans();

    Price price();

    /** What the bucket's owner charges. */
    interface Price {

        @WithDefault("0.0004")
        BigDecimal getPerThousand();

        @WithDefault("0.0004")
        BigDecimal headPerThousand();

        @WithDefault("0")
        BigDecimal egressPerGib();

        @WithDefault("USD")
        String currency();
    }

    @WithDefault("5m")
    Duration pinCheck();

    @WithDefault("1000")
    int maxSchedules();

    @WithDefault("1h")
    Duration scheduleCatchUp();

    @WithDefault("500ms")
    Duration idle();

    @WithDefault("10000")
    int historyCount();

    @WithDefault("90d")
    Duration historyAge();

    @WithDefault("200")
    int maxWatchers();
}
