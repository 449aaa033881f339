package io.millrace.metadata.boot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The settings of the metadata-service; docs/configuration.md lists them. */
@ConfigMapping(prefix = "millrace.metadata")
public interface MetadataSettings {

    /** Slots of the ring, 1 to 65,536; fixed at the cluster's first start. */
    @WithDefault("64")
    int slots();

    /** How long a worker may be silent. */
    @WithDefault("4s")
    Duration workerLease();

    /** Age a directory may have where the mount names none. */
    @WithDefault("60s")
    Duration maxAge();

    Mounts mounts();

    Policies policies();

    Listing listing();

    /** How long an answer from stale entries may be believed. */
    @WithDefault("1s")
    Duration staleValid();

    /** How long one page of a walk may take, roughly. */
    @WithDefault("2s")
    Duration walkTime();

    /** How long adding up a directory may take. */
    @WithDefault("60s")
    Duration usageTime();

    Watch watch();

    ChangeLog changeLog();

    Residency residency();

    Events events();

    interface Mounts {
        /** Most mounts. */
        @WithDefault("1000")
        int most();

        /** How long trying a new mount's bucket may take. */
        @WithDefault("8s")
        Duration tryOutTime();
    }

    interface Policies {
        /** Most paths with a policy. */
        @WithDefault("10000")
        int most();
    }

    interface Listing {
        /** Listings at once in this process. */
        @WithDefault("16")
        int concurrent();

        /** HEADs for the attributes of objects at once in this process. */
        @WithDefault("32")
        int attributeReads();

        /** How long a caller waits for a listing. */
        @WithDefault("30s")
        Duration longest();

        /** How long a caller that could be given stale entries waits for the next page. */
        @WithDefault("2s")
        Duration stall();

        /** How long a mount whose bucket failed is not asked again. */
        @WithDefault("5s")
        Duration failurePause();

        /** How long one call to a bucket may take, with its retries. */
        @WithDefault("20s")
        Duration callTime();
    }

    interface Watch {
        /** Most watch streams at once in this process. */
        @WithDefault("10000")
        int most();

        /** How often the change log is looked at though Postgres tells of no change. */
        @WithDefault("100ms")
        Duration poll();

        /** Longest silence on a stream. */
        @WithDefault("4s")
        Duration heartbeat();

        /** Changes kept in memory. */
        @WithDefault("20000")
        int kept();
    }

    interface Residency {
        /** Whether summaries of what lies on workers are read from Kafka. */
        @WithDefault("true")
        boolean consume();
    }

    interface Events {
        /** Whether what buckets say of themselves is read from Kafka. */
        @WithDefault("true")
        boolean consume();

        /** Keys looked at in buckets at once in this process. */
        @WithDefault("16")
        int concurrent();

        /** Most messages applied at once. */
        @WithDefault("500")
        int batch();

        /** How long events may be silent, or wait, before directories are listed by age again. */
        @WithDefault("10s")
        Duration longestWait();
    }

    interface ChangeLog {
        /** How long a published change is kept. */
        @WithDefault("1h")
        Duration retention();

        /** Most changes kept, published or not. */
        @WithDefault("1000000")
        long most();

        /** Whether changes are published to Kafka. */
        @WithDefault("true")
        boolean publish();
    }
}
