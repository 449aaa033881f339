package io.millrace.embedded;

/** Which port of 127.0.0.1 a server listens on. */
public sealed interface PortChoice {

    /** The port used last time in the same directory when it is free, else any free one. */
    record Any() implements PortChoice {}

    /**
     * This port when it is free, else as {@link Any}.
     *
     * @param port 1 to 65,535
     */
    record Preferably(int port) implements PortChoice {
        public Preferably {
            check(port);
        }
    }

    /**
     * This port, or a CONFLICT that names it.
     *
     * @param port 1 to 65,535
     */
    record Exactly(int port) implements PortChoice {
        public Exactly {
            check(port);
        }
    }

    static PortChoice any() {
        return new Any();
    }

    static PortChoice preferably(int port) {
        return new Preferably(port);
    }

    static PortChoice exactly(int port) {
        return new Exactly(port);
    }

    /** A port setting as people give it: 0 means any free port, anything else exactly that one. */
    static PortChoice ofSetting(int port) {
        return port == 0 ? any() : exactly(port);
    }

    private static void check(int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 1 to 65535");
        }
    }
}
