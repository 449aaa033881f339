package io.millrace.job.ledger;

/**
 * What could not be done, by why.
 *
 * @param failed could not be read, or had no room
 * @param vanished is no longer in the bucket
 * @param changed has another version in the bucket
 */
public record Lost(Tally failed, Tally vanished, Tally changed) {

    public static final Lost NONE = new Lost(Tally.NONE, Tally.NONE, Tally.NONE);

    public static Lost of(Fate fate, Tally tally) {
        return NONE.plus(fate, tally);
    }

    public Lost plus(Fate fate, Tally more) {
        return switch (fate) {
            case FAILED -> new Lost(failed.plus(more), vanished, changed);
            case VANISHED -> new Lost(failed, vanished.plus(more), changed);
            case CHANGED -> new Lost(failed, vanished, changed.plus(more));
        };
    }

    public Tally total() {
        return failed.plus(vanished).plus(changed);
    }
}
