package io.millrace.standalone.cluster;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** A question whose answer says that a process can be used. */
sealed interface Readiness {

    /** Whether it can be used now. Bounded: at most about two seconds. */
    boolean isReady();

    /** What is waited for, for the message when it does not come. */
    String expectation();

    /** The port accepts connections. */
    record AcceptsConnections(int port) implements Readiness {
        @Override
        public boolean isReady() {
            try (Socket socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public String expectation() {
            return "accept connections on port " + port;
        }
    }

    /** An HTTP GET is answered with 2xx. */
    record AnswersHttp(URI uri) implements Readiness {
        @Override
        public boolean isReady() {
            try {
                HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
                connection.setConnectTimeout(1_000);
                connection.setReadTimeout(2_000);
                int status = connection.getResponseCode();
                connection.disconnect();
                return status / 100 == 2;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public String expectation() {
            return "be healthy at " + uri;
        }
    }

    /** The process has written its ready line. */
    record HasLogged(Path log, String line) implements Readiness {
        @Override
        public boolean isReady() {
            return LogTail.contains(log, line);
        }

        @Override
        public String expectation() {
            return "say '" + line + "'";
        }
    }

    /** The directory is a mount point. */
    record IsMounted(Path directory) implements Readiness {
        @Override
        public boolean isReady() {
            return MountPoint.isMounted(directory);
        }

        @Override
        public String expectation() {
            return "mount " + directory;
        }
    }

    /** All of several. */
    record All(List<Readiness> parts) implements Readiness {
        @Override
        public boolean isReady() {
            return parts.stream().allMatch(Readiness::isReady);
        }

        @Override
        public String expectation() {
            return parts.stream()
                    .map(Readiness::expectation)
                    .collect(java.util.stream.Collectors.joining(" and "));
        }
    }
}
