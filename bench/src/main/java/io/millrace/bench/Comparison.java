package io.millrace.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Figures of the plain client and of the mount over several rounds, and the table of medians. */
final class Comparison {

    /** What a column holds. */
    enum Column {
        CLIENT("plain client"),
        MOUNT("mount"),
        AGENT_CPU("agent CPU"),
        WORKER_CPU("worker CPU");

        private final String title;

        Column(String title) {
            this.title = title;
        }
    }

    private final Map<String, Map<Column, List<Double>>> rows = new LinkedHashMap<>();

    void add(String row, Column column, double figure) {
        rows.computeIfAbsent(row, _ -> new EnumMap<>(Column.class))
                .computeIfAbsent(column, _ -> new ArrayList<>())
                .add(figure);
    }

    /** In Markdown; in brackets the share of the plain client's figure. */
    String table() {
        StringBuilder table = new StringBuilder("| |");
        for (Column column : Column.values()) {
            table.append(' ').append(column.title).append(" |");
        }
        table.append("\n|---|---|---|---|---|\n");
        rows.forEach((name, figures) -> {
            table.append("| ").append(name).append(" |");
            for (Column column : Column.values()) {
                table.append(' ').append(cell(figures, column)).append(" |");
            }
            table.append('\n');
        });
        return table.toString();
    }

    private static String cell(Map<Column, List<Double>> figures, Column column) {
        List<Double> values = figures.getOrDefault(column, List.of());
        if (values.isEmpty()) {
            return "";
        }
        double median = median(values);
        String text = String.format(Locale.ROOT, median < 100 ? "%.2f" : "%,.0f", median);
        List<Double> client = figures.getOrDefault(Column.CLIENT, List.of());
        return column == Column.MOUNT && !client.isEmpty()
                ? String.format(Locale.ROOT, "%s (%.2f)", text, median / median(client))
                : text;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
