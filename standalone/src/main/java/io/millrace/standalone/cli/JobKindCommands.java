package io.millrace.standalone.cli;

import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobSelection;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * {@code millrace job sync}, {@code free}, {@code verify}, {@code warm-replicas}, {@code pin},
 * {@code unpin}.
 */
final class JobKindCommands {

    private JobKindCommands() {}

    /** A kind of job on a path; submitted when nothing else is asked. */
    abstract static class OnPath implements Callable<Integer> {

        private final JobKind kind;

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        JobCommand parent;

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Mixin JobCommand.Asked asked = new JobCommand.Asked();

        @Mixin JobControlCommands.Options controls = new JobControlCommands.Options();

        OnPath(JobKind kind) {
            this.kind = kind;
        }

        JobSelection selection() {
            return JobSelection.getDefaultInstance();
        }

        @Override
        public Integer call() {
            JobCommand.Asked.Action submit = new JobCommand.Asked.Action();
            submit.submit = true;
            return parent.act(
                    spec,
                    kind,
                    asked,
                    asked.action == null ? submit : asked.action,
                    selection(),
                    controls.message());
        }
    }

    /** As {@link OnPath}, about some of the files below the path. */
    abstract static class OnFiles extends OnPath {

        @Mixin SelectionOptions selection = new SelectionOptions();

        OnFiles(JobKind kind) {
            super(kind);
        }

        @Override
        JobSelection selection() {
            return selection.message();
        }
    }

    /** {@code job sync}. */
    @Command(
            name = "sync",
            header = "Show what the bucket holds below a directory now, and say what had changed.",
            mixinStandardHelpOptions = true)
    static final class Sync extends OnPath {
        Sync() {
            super(JobKind.JOB_KIND_SYNC);
        }
    }

    /** {@code job free}. */
    @Command(
            name = "free",
            header = "Drop everything under a path from the cache. The bucket keeps it.",
            mixinStandardHelpOptions = true)
    static final class Free extends OnFiles {
        Free() {
            super(JobKind.JOB_KIND_FREE);
        }
    }

    /** {@code job verify}. */
    @Command(
            name = "verify",
            header =
                    "Check what is cached under a path against its checksums, and its versions against the bucket.",
            mixinStandardHelpOptions = true)
    static final class Verify extends OnFiles {
        Verify() {
            super(JobKind.JOB_KIND_VERIFY);
        }
    }

    /** {@code job warm-replicas}. */
    @Command(
            name = "warm-replicas",
            header = "Bring everything under a path to each of the workers that keep a replica.",
            mixinStandardHelpOptions = true)
    static final class WarmReplicas extends OnFiles {
        WarmReplicas() {
            super(JobKind.JOB_KIND_WARM_REPLICAS);
        }
    }

    /** {@code job pin}. */
    @Command(
            name = "pin",
            header = "Pin a path, and load everything under it.",
            mixinStandardHelpOptions = true)
    static final class Pin extends OnPath {
        Pin() {
            super(JobKind.JOB_KIND_PIN);
        }
    }

    /** {@code job unpin}. */
    @Command(
            name = "unpin",
            header = "Take the pin of a path back. Frees nothing.",
            mixinStandardHelpOptions = true)
    static final class Unpin extends OnPath {
        Unpin() {
            super(JobKind.JOB_KIND_UNPIN);
        }
    }
}
