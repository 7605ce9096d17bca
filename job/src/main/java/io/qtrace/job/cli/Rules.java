package io.qtrace.job.cli;

import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;

/** Policy and settings of commands that judge checkpoints. */
final class Rules {
  @Mixin private PolicyOption policy;
  @Mixin private SettingsOption settings;

  Policy policy() throws IOException {
    return policy.read();
  }

  Settings settings() throws IOException {
    return settings.read();
  }

  /** The same options as arguments of another command. */
  List<String> words() {
    return Stream.of(policy.words(), settings.words()).flatMap(List::stream).toList();
  }
}
