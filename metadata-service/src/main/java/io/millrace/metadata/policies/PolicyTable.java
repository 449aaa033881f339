package io.millrace.metadata.policies;

import io.millrace.metadata.database.Database;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.util.List;
import java.util.Set;

/**
 * The policies of the cluster. A path has one when somebody gave it one and its mount is still
 * there, whether or not there is a file at it.
 *
 * <p>Watch streams are told the table as it was at the last {@link #refresh}, which one thread
 * calls when the change log says so; everything else is answered from Postgres.
 */
public final class PolicyTable {

    private final PolicyStore store;
    private final PinBudget budget;
    private volatile PathPolicies known = PathPolicies.NONE;

    /**
     * @param most paths that may have a policy, 1 or more
     * @param budget of what is pinned
     */
    public PolicyTable(Database database, int most, PinBudget budget) {
        this.store = new PolicyStore(database, most);
        this.budget = budget;
    }

    /**
     * Adds what {@code more} says to what {@code path} says already. Answers all that it says now.
     *
     * @throws MillraceException INVALID_ARGUMENT when {@code more} says nothing; NOT_FOUND when the
     *     path is not at or below a mount; BUSY when there are too many policies; NO_SPACE, with
     *     the numbers, when more is pinned than fits
     */
    public PathPolicy set(NamespacePath path, PathPolicy more) {
        check(path, more);
        return store.set(path, more);
    }

    /**
     * Passes when {@link #set} would, and changes nothing. Answers what the path would say.
     *
     * @throws MillraceException as {@link #set}
     */
    public PathPolicy validate(NamespacePath path, PathPolicy more) {
        check(path, more);
        PathPolicy own = store.all().byPath().get(path);
        return own == null ? more : own.with(more);
    }

    private void check(NamespacePath path, PathPolicy more) {
        if (more.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "the policy for "
                            + path
                            + " says nothing: give it one of pinned, ttl, replicas, quota, priority"
                            + " and eviction");
        }
        if (more.pinned() != null || more.replicas() != null) {
            // Adding up may take long: not under the locks of the store. Two pins at the same
            // moment
            // may therefore both be let in.
            store.above(path);
            budget.check(store.all(), path, more);
        }
    }

    /**
     * Takes back what {@code path} says of {@code attributes}. Answers what it still says.
     *
     * @param attributes empty: all that it says
     * @throws MillraceException NOT_FOUND when it says nothing of one of them
     */
    public PathPolicy remove(NamespacePath path, Set<PathPolicy.Attribute> attributes) {
        return store.remove(path, attributes);
    }

    /** All policies, from Postgres. */
    public PathPolicies all() {
        return store.all();
    }

    /**
     * The policies at and above {@code path}, from Postgres.
     *
     * @throws MillraceException NOT_FOUND when it is not at or below a mount
     */
    public PathPolicies above(NamespacePath path) {
        return store.above(path);
    }

    /** Reads all policies again for {@link #known}. One thread at a time. */
    public void refresh() {
        known = store.all();
    }

    /** All policies, as last read. */
    public PathPolicies known() {
        return known;
    }

    static MillraceException notMounted(NamespacePath path, List<NamespacePath> mounts) {
        return new MillraceException(
                ErrorCode.NOT_FOUND,
                path
                        + " is not at or below a mount, so it has no policy; "
                        + (mounts.isEmpty()
                                ? "there is no mount yet"
                                : "mounts are "
                                        + String.join(
                                                ", ",
                                                mounts.stream()
                                                        .map(NamespacePath::toString)
                                                        .toList())));
    }
}
