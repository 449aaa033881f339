package io.millrace.embedded;

import java.nio.file.Path;

/** A process that starts servers and then does nothing until it is killed. */
final class ParentMain {

    private ParentMain() {}

    /** Arguments: directory, lifetime. Prints the process numbers in one line. */
    public static void main(String... arguments) throws InterruptedException {
        Path directory = Path.of(arguments[0]);
        Lifetime lifetime = Lifetime.valueOf(arguments[1]);
        long postgres =
                PostgresServer.start(
                                Launch.in(directory.resolve("postgres"))
                                        .withLifetime(lifetime)
                                        .withParameters(PostgresServer.VOLATILE))
                        .pid();
        long kafka =
                KafkaServer.start(Launch.in(directory.resolve("kafka")).withLifetime(lifetime))
                        .pid();
        long s3 = S3Server.start(Launch.in(directory.resolve("s3")).withLifetime(lifetime)).pid();
        System.out.println(postgres + " " + kafka + " " + s3);
        Thread.currentThread().join();
    }
}
