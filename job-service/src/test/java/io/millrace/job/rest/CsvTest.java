package io.millrace.job.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CsvTest {

    @Test
    void cellsAreQuotedAsRfc4180Says() {
        assertEquals("a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n", Csv.row("a", "b,c", "d\"e", "f\ng"));
    }

    @Test
    void noCellIsAFormula() {
        for (String start : new String[] {"=", "+", "-", "@", "\t"}) {
            assertEquals("'" + start + "1\r\n", Csv.row(start + "1"));
        }
        assertEquals("\"'=HYPERLINK(\"\"x\"\",1)\"\r\n", Csv.row("=HYPERLINK(\"x\",1)"));
        assertEquals("1=2,\r\n", Csv.row("1=2", ""));
    }
}
