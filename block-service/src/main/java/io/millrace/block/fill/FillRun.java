package io.millrace.block.fill;

import io.millrace.contracts.DataPort.Origin;

/** Chunks in a row that are fetched by one request. */
final class FillRun {

    final int first;
    final int last;
    final Origin origin;
    private volatile Urgency urgency;

    FillRun(int first, int last, Urgency urgency, Origin origin) {
        this.origin = origin;
        this.first = first;
        this.last = last;
        this.urgency = urgency;
    }

    Urgency urgency() {
        return urgency;
    }

    /** Someone that urgent waits for it now; true: that is news. Called under the fill's lock. */
    boolean hurry(Urgency wanted) {
        boolean news = wanted.compareTo(urgency) < 0;
        if (news) {
            urgency = wanted;
        }
        return news;
    }
}
