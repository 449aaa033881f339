package io.millrace.job.engine;

import io.millrace.job.cluster.Cluster;
import io.millrace.job.dispatch.ControlSender;
import io.millrace.job.dispatch.Dispatcher;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.OpenWork;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Page;
import io.millrace.job.pins.Pin;
import io.millrace.job.pins.PinKeeper;
import io.millrace.job.plan.DryRun;
import io.millrace.job.plan.Estimator;
import io.millrace.job.plan.Plan;
import io.millrace.job.plan.Planner;
import io.millrace.job.result.ResultConsumer;
import io.millrace.job.result.Results;
import io.millrace.job.schedule.Scheduler;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * Jobs from submission to their end. All state is in the database, so that several engines share
 * the work, and one that is killed between any two steps is taken over by the others or by itself.
 *
 * <p>Background work is a set of steps; {@link #start()} runs them in loops, tests call them one by
 * one.
 */
public final class JobEngine implements AutoCloseable {

    private final EngineSettings settings;
    private final EngineCounts counts = new EngineCounts();
    private final Ledger ledger;
    private final Cluster cluster;
    private final Planner planner;
    private final Dispatcher dispatcher;
    private final ControlSender controls;
    private final Results results;
    private final DryRun dryRun;
    private final PinKeeper pins;
    private final Scheduler scheduler;
    private final JobFeed feed;
    private final Loops loops;
    private volatile Optional<ResultConsumer> consumer = Optional.empty();

    /** Connects to nobody yet. The schema must be there. */
    public JobEngine(DataSource source, EngineSettings settings, InstantSource clock) {
        this.settings = settings;
        Database database = new Database(source);
        this.ledger = new Ledger(database, clock, new SecureRandom());
        this.cluster = new Cluster(settings.metadataService(), settings.callTimeout());
        this.planner = new Planner(database, ledger, cluster, settings.plan());
        this.dispatcher =
                new Dispatcher(
                        database, ledger, cluster, settings.kafka(), settings.dispatch(), clock);
        this.controls = new ControlSender(database, cluster);
        this.results = new Results(database, ledger, settings.results());
        this.dryRun = new DryRun(database, ledger, cluster, settings.estimate());
        this.pins =
                new PinKeeper(
                        database,
                        ledger,
                        cluster,
                        new Estimator(cluster, settings.estimate()),
                        settings.pins());
        this.scheduler =
                new Scheduler(
                        database,
                        ledger,
                        this::submit,
                        id -> cancel(id, OptionalLong.empty()),
                        settings.schedules(),
                        clock);
        this.feed = new JobFeed(ledger, settings.watchers());
        this.loops = new Loops(this, settings);
    }

    /**
     * Accepts a job; a request that has come before is answered with its job.
     *
     * @throws io.millrace.model.MillraceException NOT_FOUND when there is nothing at the path;
     *     ALREADY_EXISTS, naming the running job; UNAVAILABLE when the metadata-service or the
     *     database cannot be reached. Nothing is stored then.
     */
    public Ledger.Submitted submit(Order order) {
        Optional<Ledger.Submitted> before = ledger.requested(order);
        if (before.isPresent()) {
            return before.get();
        }
        if (order.kind() == JobKind.SYNC) {
            var _ = cluster.beginSync(order.path().toString());
        } else if (order.kind() != JobKind.UNPIN) {
            cluster.requireExists(order.path());
        }
        return accept(order);
    }

    private Ledger.Submitted accept(Order order) {
        Ledger.Submitted submitted = ledger.submit(order);
        if (submitted instanceof Ledger.Submitted.Now) {
            counts.submitted.increment();
            loops.wakePlanners();
        }
        return submitted;
    }

    /** What {@link #submit} would do, without doing it; {@link DryRun#plan}. */
    public Plan plan(Order order) {
        return dryRun.plan(order);
    }

    /** {@link Ledger#job}. */
    public Job job(JobId id) {
        return ledger.job(id);
    }

    /** {@link Ledger#list}. */
    public Page<Job> jobs(Optional<JobId> before, int limit) {
        return ledger.list(before, limit);
    }

    /**
     * Accepts a job that does again what another could not do.
     *
     * @param requestKey as of {@link Order}
     * @throws io.millrace.model.MillraceException as {@link Ledger#retry}; ALREADY_EXISTS
     */
    public Ledger.Submitted retryFailed(JobId id, Optional<String> requestKey) {
        return accept(ledger.retry(id, requestKey));
    }

    /** {@link Ledger#cancel}; workers are told at once. */
    public Job cancel(JobId id, OptionalLong revision) {
        Job job = ledger.cancel(id, revision);
        loops.wakeControls();
        return job;
    }

    /** {@link Ledger#pause}; workers are told at once. */
    public Job pause(JobId id, OptionalLong revision) {
        Job job = ledger.pause(id, revision);
        loops.wakeControls();
        return job;
    }

    /** {@link Ledger#resume}. */
    public Job resume(JobId id, OptionalLong revision) {
        Job job = ledger.resume(id, revision);
        loops.wakeControls();
        loops.wakePlanners();
        return job;
    }

    /** {@link Ledger#control}; workers are told at once. */
    public Job control(JobId id, OptionalLong revision, UnaryOperator<Controls> change) {
        Job job = ledger.control(id, revision, change);
        loops.wakeControls();
        return job;
    }

    /** Tells workers how jobs are to be done; {@link ControlSender#step}. */
    public int controlStep() {
        return controls.step();
    }

    /** {@link Ledger#failures}. */
    public Page<Failure> failures(JobId id, String afterPath, int limit) {
        return ledger.failures(id, afterPath, limit);
    }

    /**
     * Tells the job now and at each change, until it has ended or {@code gone} says so; blocks.
     *
     * @throws io.millrace.model.MillraceException NOT_FOUND; BUSY when too many follow
     */
    public void follow(JobId id, Consumer<Job> to, BooleanSupplier gone) {
        feed.follow(id, to, gone);
    }

    /**
     * Tells those of the newest {@code limit} jobs that have changed since a {@link
     * Ledger.Changes#position} (0: all), then each that is new or changes, oldest first, until
     * {@code gone} says so; blocks. What does not change is told, empty, every 5 s.
     *
     * @throws io.millrace.model.MillraceException BUSY when too many follow
     */
    public void followAll(
            long since, int limit, Consumer<Ledger.Changes> to, BooleanSupplier gone) {
        feed.followAll(since, limit, to, gone);
    }

    /** Pinned paths, and how much of each is there; {@link PinKeeper#pins}. */
    public List<Pin> pins() {
        return pins.pins();
    }

    /** What this engine has done. */
    public EngineCounts counts() {
        return counts;
    }

    /** Plans one page; {@link Planner#step}. */
    public boolean planStep() {
        boolean planned = planner.step();
        if (planned) {
            counts.planningSteps.increment();
        }
        return planned;
    }

    /** Sends what is due; {@link Dispatcher#step}. */
    public int dispatchStep() {
        int sent = dispatcher.step();
        counts.sent.add(sent);
        return sent;
    }

    /** Creates and checks the topics; {@link Dispatcher#checkTopics}. */
    public void checkTopics() {
        dispatcher.checkTopics();
    }

    /** Applies results that have come; {@link ResultConsumer#step}. Called by one thread. */
    public int resultStep(Duration wait) {
        if (consumer.isEmpty()) {
            consumer =
                    Optional.of(
                            new ResultConsumer(settings.kafka(), settings.resultsGroup(), results));
        }
        int applied = consumer.get().step(wait);
        counts.applied.add(applied);
        return applied;
    }

    /** Ends a {@link #resultStep} that waits. */
    void wakeConsumer() {
        consumer.ifPresent(ResultConsumer::wakeUp);
    }

    /** Drops the connection results come by; the next step makes another. */
    void closeConsumer() {
        consumer.ifPresent(ResultConsumer::close);
        consumer = Optional.empty();
    }

    /** Looks after late batches and overdue jobs; {@link Results#sweep}. */
    public int sweepStep() {
        int late = results.sweep();
        counts.late.add(late);
        counts.overdue.add(ledger.endOverdue());
        OpenWork open = ledger.openWork();
        counts.openJobs.set(open.jobs());
        counts.openBatches.set(open.batches());
        return late;
    }

    /** Looks at a pinned path that is due; {@link PinKeeper#step}. */
    public PinKeeper.Step pinStep() {
        PinKeeper.Step step = pins.step();
        if (step != PinKeeper.Step.NOTHING) {
            counts.pinsChecked.increment();
        }
        if (step == PinKeeper.Step.SUBMITTED) {
            counts.pinLoads.increment();
            counts.submitted.increment();
            loops.wakePlanners();
        }
        return step;
    }

    /** Jobs that begin by themselves. */
    public Scheduler schedules() {
        return scheduler;
    }

    /** Does what is due for one schedule; {@link Scheduler#step}. */
    public boolean scheduleStep() {
        return scheduler.step();
    }

    /** Forgets old jobs; {@link Ledger#prune}. */
    public int pruneStep() {
        int pruned = ledger.prune(settings.historyCount(), settings.historyAge());
        counts.pruned.add(pruned);
        return pruned;
    }

    /** Runs the steps in the background until {@link #close()}. */
    public void start() {
        loops.start();
    }

    /** Stops within a few seconds, also when Kafka or Postgres is gone. */
    @Override
    public void close() {
        feed.close();
        loops.close();
        closeConsumer();
        dispatcher.close();
        cluster.close();
    }
}
