package io.qtrace.job.cli;

import io.qtrace.job.audit.PolicyFile;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which policy a command applies. */
final class PolicyOption {
  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "Policy in place of the built-in one, which is conf/policy.yaml.")
  private Path file;

  PolicyFile read() throws IOException {
    return file == null ? PolicyFile.packaged() : PolicyFile.read(file);
  }
}
