package io.millrace.job.plan;

/**
 * How large a batch may be. One block is never cut further.
 *
 * @param files most items
 * @param bytes most bytes to be loaded
 * @param messageBytes most bytes of the message itself
 */
public record CutLimits(int files, long bytes, int messageBytes) {

    public CutLimits {
        if (files < 1 || bytes < 1 || messageBytes < 1) {
            throw new IllegalArgumentException("a batch must be able to hold something");
        }
    }
}
