package io.qtrace.job.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Folders of base models that lie outside the archive. */
final class BaseOption {
  @Option(
      names = "--base",
      paramLabel = "URI",
      description =
          "Folder of a base model outside the archive, such as a Hugging Face download; its checkpoints"
              + " are considered as parents. Repeatable.")
  private List<String> uris = new ArrayList<>();

  List<String> uris() {
    return uris;
  }

  /** The same options as command-line arguments. */
  List<String> words() {
    return uris.stream().flatMap(uri -> Stream.of("--base", uri)).toList();
  }
}
