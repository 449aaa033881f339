package io.millrace.agent.boot;

import io.quarkus.picocli.runtime.PicocliCommandLineFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import picocli.CommandLine;

/** How the command line is read: what is wrong with it is said in one line. */
@ApplicationScoped
final class AgentCommandLine {

    @Produces
    CommandLine commandLine(PicocliCommandLineFactory factory) {
        return factory.create()
                .setParameterExceptionHandler((wrong, _) -> {
                    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
                    System.err.println(
                            "fuse-agent: "
                                    + wrong.getMessage()
                                    + "; '"
                                    + command
                                    + " --help' lists what there is");
                    return wrong.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
                });
    }
}
