package io.millrace.standalone.cli;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.EffectivePolicy;
import io.millrace.contracts.v1.GetEffectivePolicyRequest;
import io.millrace.contracts.v1.ListPoliciesRequest;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.PolicyOrigin;
import io.millrace.contracts.v1.PolicyTable;
import io.millrace.contracts.v1.Quota;
import io.millrace.contracts.v1.RemovePolicyRequest;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The commands of {@code millrace fs} that say what is wanted of the cache by path. */
final class PolicyCommands {

    private static final String NONE = "none";

    private PolicyCommands() {}

    /** A command about one path. */
    abstract static class OnPath implements Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        FsCommand fs;

        @Parameters(index = "0", paramLabel = "PATH", description = "Absolute, below a mount.")
        @SuppressWarnings("NullAway.Init")
        String path;
    }

    /** A command that gives a path one attribute, or takes it back. */
    abstract static class Setting extends OnPath {

        private final PolicyAttribute attribute;

        Setting(PolicyAttribute attribute) {
            this.attribute = attribute;
        }

        /** What the path is to say; null: nothing. */
        abstract @Nullable PathPolicy wanted();

        @Override
        public Integer call() {
            NamespacePath at = NamespacePath.parse(path);
            PathPolicy wanted = wanted();
            try (Session session = fs.root.session()) {
                io.millrace.contracts.v1.PathPolicy now =
                        wanted == null ? remove(session, at, attribute) : set(session, at, wanted);
                Views.PolicyView view = Views.PolicyView.of(now);
                session.print(view, () -> session.out().println(sentence(view)));
                return ExitCode.OK.code();
            }
        }
    }

    static io.millrace.contracts.v1.PathPolicy set(
            Session session, NamespacePath path, PathPolicy policy) {
        return session.services()
                .metadata(service ->
                        service.setPolicy(
                                SetPolicyRequest.newBuilder()
                                        .setPolicy(Messages.toMessage(path, policy))
                                        .build()));
    }

    static io.millrace.contracts.v1.PathPolicy remove(
            Session session, NamespacePath path, PolicyAttribute attribute) {
        return session.services()
                .metadata(service ->
                        service.removePolicy(
                                RemovePolicyRequest.newBuilder()
                                        .setPath(path.toString())
                                        .addAttributes(attribute)
                                        .build()));
    }

    private static String sentence(Views.PolicyView policy) {
        List<String> parts = parts(policy);
        return Terminal.printable(policy.path())
                + (parts.isEmpty() ? " has no policy of its own" : ": " + String.join(", ", parts));
    }

    private static List<String> parts(Views.PolicyView policy) {
        List<String> parts = new ArrayList<>();
        if (policy.pinned() != null) {
            parts.add("pinned");
        }
        if (policy.ttlMillis() instanceof Long millis) {
            parts.add("ttl " + Views.millis(millis));
        }
        if (policy.replicas() instanceof Integer replicas) {
            parts.add("replicas " + replicas);
        }
        if (policy.quotaBytes() instanceof Long bytes) {
            parts.add("quota " + Views.bytes(bytes));
        }
        if (policy.priority() instanceof Integer priority) {
            parts.add("priority " + priority);
        }
        if (policy.eviction() instanceof String eviction) {
            parts.add("eviction " + eviction);
        }
        return parts;
    }

    private static int number(String option, String text, int least, int most) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                option
                        + " '"
                        + text
                        + "' is not a number from "
                        + least
                        + " to "
                        + most
                        + ", nor none");
    }

    /** {@code fs setTtl}. */
    @Command(
            name = "setTtl",
            header = "Free what nobody has read for a time. The bucket keeps it.",
            mixinStandardHelpOptions = true)
    static final class SetTtl extends Setting {

        @Parameters(
                index = "1",
                paramLabel = "DURATION|none",
                description = "60s, 5m, 1h, 30d: 1s to 3650d. none: as the path above says.")
        @SuppressWarnings("NullAway.Init")
        String ttl;

        SetTtl() {
            super(PolicyAttribute.POLICY_ATTRIBUTE_TTL);
        }

        @Override
        @Nullable PathPolicy wanted() {
            return ttl.equals(NONE)
                    ? null
                    : new PathPolicy(
                            null, MountCommand.duration("ttl", ttl), null, null, null, null);
        }
    }

    /** {@code fs setReplication}. */
    @Command(
            name = "setReplication",
            header = "Say how many workers keep the bytes.",
            mixinStandardHelpOptions = true)
    static final class SetReplication extends Setting {

        @Parameters(
                index = "1",
                paramLabel = "N|none",
                description = "1 to 16. none: as the path above says.")
        @SuppressWarnings("NullAway.Init")
        String replicas;

        SetReplication() {
            super(PolicyAttribute.POLICY_ATTRIBUTE_REPLICAS);
        }

        @Override
        @Nullable PathPolicy wanted() {
            return replicas.equals(NONE)
                    ? null
                    : new PathPolicy(
                            null,
                            null,
                            number("replication", replicas, 1, PathPolicy.MOST_REPLICAS),
                            null,
                            null,
                            null);
        }
    }

    /** {@code fs quota}. */
    @Command(
            name = "quota",
            header = "Bound what a path may occupy in the cache.",
            mixinStandardHelpOptions = true)
    static final class SetQuota extends Setting {

        @Parameters(
                index = "1",
                paramLabel = "SIZE|none",
                description = "64GiB, 1.5TB, on all workers together. none: no bound here.")
        @SuppressWarnings("NullAway.Init")
        String size;

        SetQuota() {
            super(PolicyAttribute.POLICY_ATTRIBUTE_QUOTA);
        }

        @Override
        @Nullable PathPolicy wanted() {
            return size.equals(NONE)
                    ? null
                    : new PathPolicy(null, null, null, ByteCount.parse(size), null, null);
        }
    }

    /** {@code fs priority}. */
    @Command(
            name = "priority",
            header = "Say what goes first when room is needed.",
            mixinStandardHelpOptions = true)
    static final class SetPriority extends Setting {

        @Parameters(
                index = "1",
                paramLabel = "N|none",
                description = "0 to 9, lower goes first. none: as the path above says, else 5.")
        @SuppressWarnings("NullAway.Init")
        String priority;

        SetPriority() {
            super(PolicyAttribute.POLICY_ATTRIBUTE_PRIORITY);
        }

        @Override
        @Nullable PathPolicy wanted() {
            return priority.equals(NONE)
                    ? null
                    : new PathPolicy(
                            null,
                            null,
                            null,
                            null,
                            number("priority", priority, 0, PathPolicy.HIGHEST_PRIORITY),
                            null);
        }
    }

    /** {@code fs eviction}. */
    @Command(
            name = "eviction",
            header = "Say how room is made among files of one priority.",
            mixinStandardHelpOptions = true)
    static final class SetEviction extends Setting {

        @Parameters(
                index = "1",
                paramLabel = "POLICY|none",
                description = "lru, s3-fifo or epoch. none: as the path above or the worker says.")
        @SuppressWarnings("NullAway.Init")
        String eviction;

        SetEviction() {
            super(PolicyAttribute.POLICY_ATTRIBUTE_EVICTION);
        }

        @Override
        @Nullable PathPolicy wanted() {
            return eviction.equals(NONE)
                    ? null
                    : new PathPolicy(
                            null, null, null, null, null, PathPolicy.Eviction.parse(eviction));
        }
    }

    /** {@code fs policy}. */
    @Command(
            name = "policy",
            header = "Say what holds for a path, and which path says so.",
            mixinStandardHelpOptions = true)
    static final class Show extends OnPath {

        @Override
        public Integer call() {
            String at = NamespacePath.parse(path).toString();
            try (Session session = fs.root.session()) {
                EffectivePolicy effective =
                        session.services()
                                .metadata(service ->
                                        service.getEffectivePolicy(
                                                GetEffectivePolicyRequest.newBuilder()
                                                        .setPath(at)
                                                        .build()));
                session.print(
                        Views.EffectivePolicyView.of(effective), () -> print(session, effective));
                return ExitCode.OK.code();
            }
        }

        private static void print(Session session, EffectivePolicy effective) {
            Views.PolicyView policy = Views.PolicyView.of(effective.getPolicy());
            Map<PolicyAttribute, String> origins = new EnumMap<>(PolicyAttribute.class);
            for (PolicyOrigin origin : effective.getOriginsList()) {
                origins.put(origin.getAttribute(), origin.getPath());
            }
            Table table = new Table("POLICY", "VALUE", "FROM");
            row(table, origins, PolicyAttribute.POLICY_ATTRIBUTE_PINNED, yes(policy.pinned()));
            row(
                    table,
                    origins,
                    PolicyAttribute.POLICY_ATTRIBUTE_TTL,
                    policy.ttlMillis() == null ? null : Views.millis(policy.ttlMillis()));
            row(table, origins, PolicyAttribute.POLICY_ATTRIBUTE_REPLICAS, policy.replicas());
            if (effective.getQuotasCount() == 0) {
                table.row("quota", "-", "-");
            }
            for (Quota quota : effective.getQuotasList()) {
                table.row("quota", Views.bytes(quota.getBytes()), quota.getPath());
            }
            row(table, origins, PolicyAttribute.POLICY_ATTRIBUTE_PRIORITY, policy.priority());
            row(table, origins, PolicyAttribute.POLICY_ATTRIBUTE_EVICTION, policy.eviction());
            table.print(session.out());
        }

        private static String yes(@Nullable Boolean value) {
            return Boolean.TRUE.equals(value) ? "yes" : "no";
        }

        private static void row(
                Table table,
                Map<PolicyAttribute, String> origins,
                PolicyAttribute attribute,
                @Nullable Object value) {
            table.row(
                    Views.name(attribute),
                    value == null ? "-" : value,
                    origins.getOrDefault(attribute, value == null ? "-" : "default"));
        }
    }

    /** {@code fs policies}. */
    @Command(
            name = "policies",
            header = "List the paths that have a policy.",
            mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        FsCommand fs;

        @Parameters(
                paramLabel = "PATH",
                defaultValue = "/",
                description = "Only those at and below it.")
        @SuppressWarnings("NullAway.Init")
        String path;

        @Override
        public Integer call() {
            String below = NamespacePath.parse(path).toString();
            try (Session session = fs.root.session()) {
                PolicyTable table =
                        session.services()
                                .metadata(service ->
                                        service.listPolicies(
                                                ListPoliciesRequest.newBuilder()
                                                        .setBelow(below)
                                                        .build()));
                List<Views.PolicyView> policies =
                        table.getPoliciesList().stream().map(Views.PolicyView::of).toList();
                session.print(Map.of("policies", policies), () -> print(session, policies));
                return ExitCode.OK.code();
            }
        }

        private static void print(Session session, List<Views.PolicyView> policies) {
            if (policies.isEmpty()) {
                session.out().println("No path has a policy.");
                return;
            }
            Table table =
                    new Table(
                            "PATH",
                            "PINNED",
                            ">TTL",
                            ">REPLICAS",
                            ">QUOTA",
                            ">PRIORITY",
                            "EVICTION");
            for (Views.PolicyView policy : policies) {
                Long ttl = policy.ttlMillis();
                Long quota = policy.quotaBytes();
                table.row(
                        policy.path(),
                        policy.pinned() == null ? "-" : "yes",
                        ttl == null ? "-" : Views.millis(ttl),
                        shown(policy.replicas()),
                        quota == null ? "-" : Views.bytes(quota),
                        shown(policy.priority()),
                        shown(policy.eviction()));
            }
            table.print(session.out());
        }

        private static String shown(@Nullable Object value) {
            return value == null ? "-" : value.toString().toLowerCase(Locale.ROOT);
        }
    }
}
