package io.millrace.standalone.cli;

import io.millrace.contracts.v1.HiddenKey;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.ListHiddenKeysRequest;
import io.millrace.contracts.v1.ListHiddenKeysResponse;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The namespace. */
@Command(
        name = "fs",
        header = "The namespace: what lies under a path, and what is wanted of the cache for it.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UsageCommand.class,
            WaitVisibleCommand.class,
            PinCommands.Set.class,
            PinCommands.Unpin.class,
            PinCommands.ListAll.class,
            PolicyCommands.SetTtl.class,
            PolicyCommands.SetReplication.class,
            PolicyCommands.SetQuota.class,
            PolicyCommands.SetPriority.class,
            PolicyCommands.SetEviction.class,
            PolicyCommands.Show.class,
            PolicyCommands.ListAll.class
        },
        mixinStandardHelpOptions = true)
final class FsCommand implements Runnable {

    private static final int PAGE = 1_000;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Which of ls, stat, du, hidden, wait-visible, pin, unpin, pins, setTtl, setReplication, quota,"
                        + " priority, eviction, policy and policies?");
    }

    @Command(name = "ls", header = "List a directory.", mixinStandardHelpOptions = true)
    int ls(
            @Parameters(paramLabel = "PATH", defaultValue = "/", description = "Absolute.")
                    String path,
            @Option(names = "-l", description = "With size, time and kind.") boolean detailed,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100000",
                            description = "Most entries (${DEFAULT-VALUE}).")
                    int limit) {
        NamespacePath parsed = NamespacePath.parse(path);
        try (Session session = root.session()) {
            Inode target = resolve(session, parsed);
            List<Inode> entries =
                    Views.isDirectory(target) ? entries(session, target, limit) : List.of(target);
            NamespacePath parent = Views.isDirectory(target) ? parsed : parsed.parent();
            session.print(
                    Map.of(
                            "entries",
                            entries.stream()
                                    .map(inode ->
                                            Views.InodeView.of(
                                                    parent.child(inode.getName()).toString(),
                                                    inode))
                                    .toList()),
                    () -> print(session, entries, detailed));
            return ExitCode.OK.code();
        }
    }

    private static List<Inode> entries(Session session, Inode directory, int limit) {
        List<Inode> entries = new ArrayList<>();
        String after = "";
        while (entries.size() < limit) {
            String from = after;
            int page = Math.min(PAGE, limit - entries.size());
            ReadDirectoryResponse answer =
                    session.services()
                            .metadata(service ->
                                    service.readDirectory(
                                            ReadDirectoryRequest.newBuilder()
                                                    .setInodeId(directory.getId())
                                                    .setAfterName(from)
                                                    .setLimit(page)
                                                    .build()));
            entries.addAll(answer.getEntriesList());
            if (!answer.getMore() || answer.getEntriesCount() == 0) {
                break;
            }
            after = entries.getLast().getName();
        }
        return entries;
    }

    private static void print(Session session, List<Inode> entries, boolean detailed) {
        if (!detailed) {
            for (Inode inode : entries) {
                session.out()
                        .println(
                                Terminal.printable(inode.getName())
                                        + (Views.isDirectory(inode) ? "/" : ""));
            }
            return;
        }
        if (entries.isEmpty()) {
            return;
        }
        Table table = new Table("KIND", ">BYTES", "MODIFIED", "NAME");
        for (Inode inode : entries) {
            boolean directory = Views.isDirectory(inode);
            table.row(
                    directory ? "dir" : "file",
                    directory ? "-" : inode.getSource().getLength(),
                    Views.time(inode.getModifiedMillis()),
                    inode.getName() + (directory ? "/" : ""));
        }
        table.print(session.out());
    }

    @Command(name = "stat", header = "Say what is under a path.", mixinStandardHelpOptions = true)
    int stat(@Parameters(paramLabel = "PATH", description = "Absolute.") String path) {
        NamespacePath parsed = NamespacePath.parse(path);
        try (Session session = root.session()) {
            Inode inode = resolve(session, parsed);
            Views.InodeView view = Views.InodeView.of(parsed.toString(), inode);
            Optional<Views.CachedView> cached = CachedBytes.of(session, parsed, inode);
            Optional<Views.PinView> pin = CachedBytes.pinOf(session, parsed);
            session.print(
                    new Views.StatView(view, cached.orElse(null), pin.orElse(null)),
                    () -> {
                        Table table = new Table("FIELD", "VALUE");
                        table.row("path", view.path());
                        table.row("kind", view.kind());
                        if (!Views.isDirectory(inode)) {
                            table.row(
                                    "size",
                                    view.bytes() + " B (" + Views.bytes(view.bytes()) + ")");
                        }
                        table.row("modified", Views.time(inode.getModifiedMillis()));
                        table.row("inode", view.inode());
                        table.row("mount", view.mountId() == 0 ? "-" : view.mountId());
                        table.row("key", view.key().isEmpty() ? "-" : view.key());
                        String version = view.objectVersion();
                        if (version != null) {
                            table.row("version", version);
                        }
                        row(table, "uid", view.uid());
                        row(table, "gid", view.gid());
                        row(table, "mode", view.permissions());
                        row(table, "cached", cached.map(CachedBytes::text).orElse(null));
                        row(table, "pinned", pin.map(CachedBytes::text).orElse(null));
                        table.print(session.out());
                    });
            return ExitCode.OK.code();
        }
    }

    private static void row(Table table, String field, @Nullable Object value) {
        if (value != null) {
            table.row(field, value);
        }
    }

    static Inode resolve(Session session, NamespacePath path) {
        ResolveResponse answer =
                session.services()
                        .metadata(service ->
                                service.resolve(
                                        ResolveRequest.newBuilder()
                                                .setPath(path.toString())
                                                .build()));
        if (!answer.getFound()) {
            throw new MillraceException(ErrorCode.NOT_FOUND, "there is no " + path);
        }
        return answer.getInodes(answer.getInodesCount() - 1);
    }

    @Command(
            name = "hidden",
            header = "List keys of the bucket that cannot be paths.",
            mixinStandardHelpOptions = true)
    int hidden(
            @Parameters(
                            paramLabel = "MOUNT",
                            arity = "0..1",
                            description = "Path of a mount; all when left out.")
                    @Nullable String mount,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "1000",
                            description = "Most keys (${DEFAULT-VALUE}).")
                    int limit) {
        String where = mount == null ? "" : NamespacePath.parse(mount).toString();
        try (Session session = root.session()) {
            ListHiddenKeysResponse answer =
                    session.services()
                            .metadata(service ->
                                    service.listHiddenKeys(
                                            ListHiddenKeysRequest.newBuilder()
                                                    .setMountPath(where)
                                                    .setLimit(limit)
                                                    .build()));
            List<Views.HiddenKeyView> keys = new ArrayList<>();
            for (HiddenKey key : answer.getKeysList()) {
                keys.add(new Views.HiddenKeyView(key.getMountId(), key.getKey(), key.getReason()));
            }
            session.print(
                    new Views.HiddenKeysView(answer.getTotal(), keys),
                    () -> {
                        session.out().println(answer.getTotal() + " keys cannot be paths.");
                        if (!keys.isEmpty()) {
                            Table table = new Table(">MOUNT", "KEY", "REASON");
                            keys.forEach(k -> table.row(k.mountId(), k.key(), k.reason()));
                            table.print(session.out());
                        }
                    });
            return ExitCode.OK.code();
        }
    }
}
