package io.millrace.block.dataport;

import java.time.Duration;

/**
 * Limits of the data port.
 *
 * @param host address to listen on
 * @param port 0: any that is free
 * @param maxInFlight requests served at once; more are answered BUSY
 * @param maxConnections connections at once; more are closed
 * @param windowBytes most bytes of one answer that wait in the connection
 * @param idleTimeout after which a silent connection is closed, also half way
 */
public record DataPortSettings(
        String host,
        int port,
        int maxInFlight,
        int maxConnections,
        long windowBytes,
        Duration idleTimeout) {}
