package io.millrace.bench.eviction;

import java.util.Random;

/** A sequence of reads of files of one size, made anew from its seed each time it is replayed. */
enum Trace {
    /** Training: every file once in each epoch, in a new random order. */
    EPOCHS("random epochs") {
        @Override
        void replay(Random random, int files, Sink sink) {
            int[] order = inOrder(0, files);
            sink.warmUp();
            shuffledEpoch(random, order, 1, sink);
            sink.measure();
            for (int epoch = 0; epoch < MEASURED_EPOCHS; epoch++) {
                shuffledEpoch(random, order, 1, sink);
            }
        }
    },
    /** Independent reads, the n-th file with a weight of 1/n. */
    ZIPF("Zipf") {
        @Override
        void replay(Random random, int files, Sink sink) {
            double[] sums = new double[files];
            double sum = 0;
            for (int file = 0; file < files; file++) {
                sum += 1.0 / (file + 1);
                sums[file] = sum;
            }
            sink.warmUp();
            for (int read = 0; read < 2 * MEASURED_EPOCHS * files; read++) {
                if (read == MEASURED_EPOCHS * files) {
                    sink.measure();
                }
                int at = java.util.Arrays.binarySearch(sums, random.nextDouble() * sum);
                sink.read(1, Math.min(files - 1, at < 0 ? -at - 1 : at));
            }
        }
    },
    /** Half of the reads go to a tenth of the files; the others pass over the rest in order. */
    SCAN("scan + hot set") {
        @Override
        void replay(Random random, int files, Sink sink) {
            int hot = files / 10;
            int scan = hot;
            sink.warmUp();
            for (int read = 0; read < 2 * MEASURED_EPOCHS * files; read++) {
                if (read == MEASURED_EPOCHS * files) {
                    sink.measure();
                }
                if (random.nextBoolean()) {
                    sink.read(1, random.nextInt(hot));
                } else {
                    sink.read(1, scan);
                    scan = scan + 1 == files ? hot : scan + 1;
                }
            }
        }
    },
    /** Ten epochs of one half of the files, then ten of the other. */
    TWO_SETS("two data sets in turn") {
        @Override
        void replay(Random random, int files, Sink sink) {
            int[] first = inOrder(0, files / 2);
            int[] second = inOrder(files / 2, files);
            sink.warmUp();
            for (int turn = 0; turn < 4; turn++) {
                for (int epoch = 0; epoch < MEASURED_EPOCHS; epoch++) {
                    shuffledEpoch(random, turn % 2 == 0 ? first : second, 1 + turn % 2, sink);
                    sink.measure();
                }
            }
        }
    };

    static final int MEASURED_EPOCHS = 10;

    private final String title;

    Trace(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** Where reads go. */
    interface Sink {
        /** What comes fills the cache and does not count. */
        void warmUp();

        /** What comes counts. */
        void measure();

        void read(int group, int file);
    }

    /** Tells {@code sink} every read of about 20 times {@code files}. */
    abstract void replay(Random random, int files, Sink sink);

    private static int[] inOrder(int from, int to) {
        int[] files = new int[to - from];
        for (int i = 0; i < files.length; i++) {
            files[i] = from + i;
        }
        return files;
    }

    private static void shuffledEpoch(Random random, int[] files, int group, Sink sink) {
        for (int i = files.length - 1; i >= 0; i--) {
            int j = random.nextInt(i + 1);
            int chosen = files[j];
            files[j] = files[i];
            files[i] = chosen;
            sink.read(group, chosen);
        }
    }
}
