package io.millrace.block.batch;

/**
 * So much per second, a second's worth at once. What is taken may be more than there is: then
 * nobody takes any before that is paid back. Not safe for many threads.
 */
final class TokenBucket {

    private double perSecond;
    private double left;
    private long filledNanos;

    /** 0: not limited. */
    void setRate(double perSecond, long nowNanos) {
        if (perSecond == this.perSecond) {
            return;
        }
        fill(nowNanos);
        boolean first = this.perSecond == 0;
        this.perSecond = perSecond;
        left = first ? perSecond : Math.min(left, perSecond);
        filledNanos = nowNanos;
    }

    /** How long until {@link #take} may be called; 0: now. */
    long waitNanos(long nowNanos) {
        fill(nowNanos);
        return perSecond == 0 || left > 0 ? 0 : 1 + (long) (-left / perSecond * 1e9);
    }

    void take(double cost) {
        if (perSecond > 0) {
            left -= cost;
        }
    }

    private void fill(long nowNanos) {
        left = Math.min(perSecond, left + (nowNanos - filledNanos) / 1e9 * perSecond);
        filledNanos = nowNanos;
    }
}
