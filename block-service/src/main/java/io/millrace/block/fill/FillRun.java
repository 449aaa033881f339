package io.millrace.block.fill;

/** Chunks in a row that are fetched by one request. */
final class FillRun {

    final int first;
    final int last;
    private volatile Urgency urgency;

    FillRun(int first, int last, Urgency urgency) {
        this.first = first;
        this.last = last;
        this.urgency = urgency;
    }

    Urgency urgency() {
        return urgency;
    }

    /** A reader waits for it now; true: that is news. */
    boolean hurry() {
        boolean news = urgency != Urgency.READ;
        urgency = Urgency.READ;
        return news;
    }
}
