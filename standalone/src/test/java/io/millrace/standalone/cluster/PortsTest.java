package io.millrace.standalone.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PortsTest {

    @Test
    void a_taken_port_is_replaced_and_told() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ports ports = new Ports(Ports.Choice.PREFERRED, Map.of());
            int got = ports.take("s3.s3", taken.getLocalPort());
            assertNotEquals(taken.getLocalPort(), got);
            assertEquals(Map.of("s3.s3", taken.getLocalPort()), ports.replaced());
        }
    }

    @Test
    void in_tests_a_port_that_was_lost_is_not_replaced_by_a_preferred_one() throws Exception {
        try (ServerSocket lost = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ports ports = new Ports(Ports.Choice.ANY, Map.of("s3.s3", lost.getLocalPort()));
            int preferred;
            try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                preferred = closed.getLocalPort();
            }
            int got = ports.take("s3.s3", preferred);
            assertNotEquals(lost.getLocalPort(), got);
            assertNotEquals(preferred, got);
        }
    }

    @Test
    void a_purpose_keeps_the_port_it_had() {
        Ports first = new Ports(Ports.Choice.ANY, Map.of());
        int port = first.take("s3.s3", 1);
        Ports second = new Ports(Ports.Choice.PREFERRED, first.given());
        assertEquals(port, second.take("s3.s3", 1));
        assertTrue(second.replaced().isEmpty());
    }

    @Test
    void no_port_is_given_twice() {
        Ports ports = new Ports(Ports.Choice.ANY, Map.of());
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            assertTrue(given.add(ports.take("purpose-" + i, 1)));
        }
    }
}
