package io.millrace.agent.boot;

import io.quarkus.picocli.runtime.annotations.TopCommand;
import picocli.CommandLine.Command;

/** The agent's command line. */
@TopCommand
@Command(
        name = "fuse-agent",
        description = "Shows the namespace of Millrace as a directory.",
        mixinStandardHelpOptions = true,
        subcommands = MountCommand.class)
final class AgentCommand {}
