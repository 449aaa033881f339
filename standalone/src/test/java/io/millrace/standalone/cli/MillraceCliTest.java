package io.millrace.standalone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line answers without any cluster. */
final class MillraceCliTest {

    @TempDir Path home;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "bogus | unknown command 'bogus'. Did you mean",
                "mount ad | unknown command 'ad'. Did you mean 'add'?",
                "fs ls --frm | unknown option '--frm'.",
                "fs ls / /b | unexpected argument '/b'.",
                "--format xml status | Invalid value for option '--format'",
                "job load --path /x | One of --submit, --plan, --progress and --stop is needed",
                "job load --submit | Missing required argument",
                "job load --id 7 --submit | need --path",
                "job load --path /x --submit --stop | mutually exclusive",
                "mount add /x | Missing required parameter: 'URI'",
                "mount | Which of add, ls, rm and freshness?",
                "up --workers 17 | --workers 17: 0 to 16 are possible",
                "up --workers many | 'many' is not an int",
                "up --capacity lots | not a byte count: 'lots'",
                "fs ls relative | must start with '/'",
                "fs ls /a/../b | path '/a/../b'",
                "mount add /x s3://b --max-age soon | --max-age soon is not a duration",
                "fs pin | Missing required parameter: 'PATH'",
                "fs pin relative | must start with '/'",
                "fs setTtl /x | Missing required parameter: 'DURATION",
                "fs setTtl /x soon | ttl soon is not a duration",
                "fs setTtl /x 10ms | ttl of 10 ms is not between 1 s and 3650 days",
                "fs setReplication /x 17 | replication '17' is not a number from 1 to 16, nor none",
                "fs setReplication /x many | replication 'many' is not a number",
                "fs quota /x 0 | quota is 0 bytes",
                "fs quota /x lots | not a byte count: 'lots'",
                "fs priority /x 10 | priority '10' is not a number from 0 to 9, nor none",
                "fs eviction /x fifo | eviction 'fifo' is none of lru, s3-fifo and epoch",
                "fs policies /a /b | unexpected argument '/b'.",
                "fs du /x --exact | --exact is for --cached",
                "fs | Which of ls, stat, du, hidden, wait-visible, pin",
                "worker ls --metadata-service nowhere | 'nowhere' is not the address of a service",
                "agent mount /proc/version | mount point /proc/version is not a directory: name one",
                "agent mount /tmp/x --read-policy fast | it must be auto, passthrough, no-open or direct",
                "agent mount /tmp/x --binding fast | it must be direct or jnr",
                "\"\" | Which command?",
            })
    void wrong_usage_is_one_sentence_on_stderr_and_exit_code_2(String line, String sentence) {
        Outcome outcome = run(line);
        assertTrue(outcome.err().contains(sentence.strip()), outcome.toString());
        assertEquals(1, outcome.err().lines().count(), outcome.toString());
        assertEquals("", outcome.out());
        assertEquals(2, outcome.code());
    }

    @ParameterizedTest
    @CsvSource({
        "mount ls",
        "worker ls",
        "worker drain w-1",
        "worker undrain w-1",
        "fs stat /x",
        "job ls",
        "fs du /",
        "fs policies",
        "fs pins",
        "fs pin /x",
        "agent mount /tmp/nowhere"
    })
    void without_a_cluster_commands_say_how_to_start_one(String line) {
        Outcome outcome = run(line);
        assertTrue(outcome.err().contains("no cluster runs under " + home), outcome.toString());
        assertTrue(outcome.err().contains("'millrace up' starts one"), outcome.toString());
        assertEquals(1, outcome.code());
    }

    @Test
    void status_without_a_cluster_is_exit_code_1() {
        Outcome outcome = run("status");
        assertEquals("Millrace under " + home + " is down.", outcome.out().strip());
        assertEquals(1, outcome.code());
    }

    @Test
    void status_is_json_when_asked_for() {
        Outcome outcome = run("status --format json");
        assertTrue(outcome.out().contains("\"state\" : \"down\""), outcome.toString());
    }

    @Test
    void stopping_nothing_is_no_error() {
        Outcome outcome = run("down");
        assertEquals("Nothing was running under " + home + ".", outcome.out().strip());
        assertEquals(0, outcome.code());
    }

    @Test
    void an_unreachable_service_is_named_with_its_address() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        Outcome outcome = run("worker ls --metadata-service 127.0.0.1:" + closed);
        assertEquals(
                "millrace: metadata-service at 127.0.0.1:" + closed + " cannot be reached",
                outcome.err().strip());
        assertEquals(1, outcome.code());
    }

    @ParameterizedTest
    @CsvSource({
        "''",
        "up",
        "down",
        "demo",
        "status",
        "mount",
        "mount add",
        "mount freshness",
        "fs",
        "fs ls",
        "fs du",
        "fs wait-visible",
        "fs pin",
        "fs unpin",
        "fs pins",
        "fs setTtl",
        "fs setReplication",
        "fs quota",
        "fs priority",
        "fs eviction",
        "fs policy",
        "fs policies",
        "worker",
        "worker drain",
        "job",
        "job load",
        "job free",
        "job ls",
        "job schedule",
        "job schedule add",
        "job schedule run",
        "agent",
        "agent mount"
    })
    void every_command_has_help(String command) {
        Outcome outcome = run(command + " --help");
        assertTrue(outcome.out().contains("Usage: millrace"), outcome.toString());
        assertEquals(0, outcome.code());
    }

    private Outcome run(String line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] words = line.isBlank() ? new String[0] : line.strip().split(" ");
        String[] arguments = new String[words.length + 2];
        arguments[0] = "--home";
        arguments[1] = home.toString();
        System.arraycopy(words, 0, arguments, 2, words.length);
        Terminal terminal =
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        80);
        int code = MillraceCli.run(terminal, arguments);
        return new Outcome(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private record Outcome(int code, String out, String err) {}
}
