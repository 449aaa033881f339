package io.millrace.bench.warm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Figures of several rounds, local and through the mount, and the table of their medians. */
final class Figures {

    private final Map<String, Row> rows = new LinkedHashMap<>();

    private record Row(
            String unit, List<Double> local, List<Double> mount, List<Double> agentCpu) {}

    private Row row(String name, String unit) {
        return rows.computeIfAbsent(
                name, _ -> new Row(unit, new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
    }

    void local(String name, String unit, double figure) {
        row(name, unit).local().add(figure);
    }

    /**
     * @param agentCpu what the agent used: microseconds for a small file, milliseconds for a pass
     *     over a large one
     */
    void mount(String name, String unit, double figure, double agentCpu) {
        row(name, unit).mount().add(figure);
        row(name, unit).agentCpu().add(agentCpu);
    }

    /** In Markdown. */
    String table() {
        StringBuilder table =
                new StringBuilder("| | unit | local | mount | of local | agent CPU |\n")
                        .append("|---|---|---|---|---|---|\n");
        rows.forEach((name, row) -> {
            if (!row.mount().isEmpty()) {
                double local = median(row.local());
                double mount = median(row.mount());
                table.append(
                        String.format(
                                Locale.ROOT,
                                "| %s | %s | %s | %s | %.2f | %.0f |%n",
                                name,
                                row.unit(),
                                number(local),
                                number(mount),
                                mount / local,
                                median(row.agentCpu())));
            }
        });
        return table.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%,.0f", value);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.isEmpty()
                ? Double.NaN
                : sorted.size() % 2 == 1
                        ? sorted.get(middle)
                        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
