package io.qtrace.job.cli;

import io.qtrace.job.operations.Operations;
import io.qtrace.job.policy.Policy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which policy a command applies. */
final class PolicyOption {
  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "Policy file to use instead of the built-in conf/policy.yaml.")
  private Path file;

  Policy read() throws IOException {
    Policy policy = Policy.load(Optional.ofNullable(file));
    Operations.KNOWN.check(policy);
    return policy;
  }

  /** The option as arguments of another command. */
  List<String> words() {
    return file == null ? List.of() : List.of("--policy", file.toString());
  }
}
