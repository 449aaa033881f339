package io.millrace.standalone.cli;

import io.millrace.contracts.v1.GetResidencyRequest;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.ListPinsRequest;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.util.Optional;

/** How much of a path is cached: exactly, from its workers, or as they last summed it up. */
final class CachedBytes {

    private CachedBytes() {}

    /** Of a file exactly, of a directory as summed up; empty: nobody can tell now. */
    static Optional<Views.CachedView> of(Session session, NamespacePath path, Inode inode) {
        try {
            return Optional.of(
                    Views.isDirectory(inode)
                            ? Views.CachedView.of(summed(session, path))
                            : exact(session, path));
        } catch (MillraceException e) {
            // What lies under a path is told whoever is away.
            return Optional.empty();
        }
    }

    /** Asks the workers that own the files, file by file. */
    static Views.CachedView exact(Session session, NamespacePath path) {
        JobPlan plan =
                session.services()
                        .jobs(service ->
                                service.plan(
                                        PlanJobRequest.newBuilder()
                                                .setKind(JobKind.JOB_KIND_LOAD)
                                                .setPath(path.toString())
                                                .build()));
        return new Views.CachedView(
                path.toString(), plan.getBytes(), plan.getResidentBytes(), true, true);
    }

    static GetResidencyResponse summed(Session session, NamespacePath path) {
        return session.services()
                .metadata(service ->
                        service.getResidency(
                                GetResidencyRequest.newBuilder().setPath(path.toString()).build()));
    }

    /** The pinned path at or above {@code path}; empty: it is not pinned, or nobody can tell. */
    static Optional<Views.PinView> pinOf(Session session, NamespacePath path) {
        try {
            return session
                    .services()
                    .jobs(service ->
                            service.listPins(ListPinsRequest.getDefaultInstance()).getPinsList())
                    .stream()
                    .filter(pin -> path.startsWith(NamespacePath.parse(pin.getPath())))
                    .findFirst()
                    .map(Views.PinView::of);
        } catch (MillraceException e) {
            return Optional.empty();
        }
    }

    static String text(Views.CachedView cached) {
        return (cached.complete() ? "" : "at least ")
                + Views.bytes(cached.cachedBytes())
                + " cached of "
                + Views.bytes(cached.bytes())
                + (cached.bytes() == 0
                        ? ""
                        : " (" + percent(cached.cachedBytes(), cached.bytes()) + " %)")
                + (cached.exact() ? ", at its owners now" : ", as last summed up");
    }

    static String text(Views.PinView pin) {
        return "with "
                + pin.path()
                + (pin.checked() == null
                        ? ", not looked at yet"
                        : ": "
                                + Views.bytes(pin.residentBytes())
                                + " of "
                                + Views.bytes(pin.bytes())
                                + " there ("
                                + percent(pin.residentBytes(), pin.bytes())
                                + " %)");
    }

    /** Never 100 before all is there, nor more: copies count each. */
    static long percent(long part, long whole) {
        return part >= whole ? 100 : Math.min(99, Math.round(100.0 * part / whole));
    }
}
