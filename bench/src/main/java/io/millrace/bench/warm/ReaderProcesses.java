package io.millrace.bench.warm;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reader processes that live through all rounds, so that their code is compiled. */
final class ReaderProcesses implements AutoCloseable {

    private final List<Process> processes = new ArrayList<>();
    private final List<PrintWriter> writers = new ArrayList<>();

    /**
     * What one pass took.
     *
     * @param bytes that were read
     * @param nanos from the first to start to the last to end
     */
    record Pass(long bytes, long nanos) {

        double seconds() {
            return nanos / 1e9;
        }
    }

    ReaderProcesses(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Process process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx64m",
                                    "-XX:+UseSerialGC",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    ReaderProcess.class.getName())
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            processes.add(process);
            writers.add(new PrintWriter(process.outputWriter(), true));
        }
    }

    /** Small files, shared among {@code readers} processes in an order given by {@code seed}. */
    Pass small(Path root, Path list, int readers, long seed) throws IOException {
        List<String> tasks = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            tasks.add(
                    String.join(
                            "\t",
                            "small",
                            root.toString(),
                            list.toString(),
                            Long.toString(seed),
                            Integer.toString(i),
                            Integer.toString(readers)));
        }
        return run(tasks);
    }

    /** The whole file in reads of {@code block} bytes, by one process. */
    Pass stream(Path file, int block) throws IOException {
        return run(List.of("stream\t" + file + "\t" + block));
    }

    /** 100,000 reads of 4 KiB anywhere in the file, by one process. */
    Pass random(Path file, long seed) throws IOException {
        return run(List.of("random\t" + file + "\t" + seed));
    }

    /** Every page of the mapped file, by one process. */
    Pass mmap(Path file) throws IOException {
        return run(List.of("mmap\t" + file));
    }

    private Pass run(List<String> tasks) throws IOException {
        for (int i = 0; i < tasks.size(); i++) {
            writers.get(i).println(tasks.get(i));
        }
        for (int i = 0; i < tasks.size(); i++) {
            String answer = answer(i);
            if (!answer.equals("ready")) {
                throw new IOException("a reader said " + answer);
            }
        }
        long start = System.nanoTime();
        for (int i = 0; i < tasks.size(); i++) {
            writers.get(i).println("go");
        }
        long bytes = 0;
        for (int i = 0; i < tasks.size(); i++) {
            bytes += Long.parseLong(answer(i));
        }
        return new Pass(bytes, System.nanoTime() - start);
    }

    private String answer(int reader) throws IOException {
        String line = processes.get(reader).inputReader().readLine();
        if (line == null) {
            throw new IOException("a reader ended");
        }
        return line;
    }

    @Override
    public void close() {
        writers.forEach(PrintWriter::close);
        processes.forEach(Process::destroy);
    }
}
