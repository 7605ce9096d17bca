package io.qtrace.job.shell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The built-in queries of {@code conf/queries}. */
final class QueryLibrary {
  private static final String FOLDER = "/qtrace/queries";
  private static final String SUFFIX = ".sql";
  private static final String COMMENT = "-- ";

  private final SortedMap<String, String> texts;

  private QueryLibrary(SortedMap<String, String> texts) {
    this.texts = texts;
  }

  static QueryLibrary load() throws IOException {
    URL folder = QueryLibrary.class.getResource(FOLDER);
    if (folder == null) {
      throw new IOException("Cannot find resource: conf/queries");
    }
    try {
      URI uri = folder.toURI();
      if (!uri.getScheme().equals("jar")) {
        return new QueryLibrary(texts(Path.of(uri)));
      }
      try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
        return new QueryLibrary(texts(jar.getPath(FOLDER)));
      }
    } catch (URISyntaxException e) {
      throw new IOException("Cannot read conf/queries: " + e.getMessage(), e);
    }
  }

  private static SortedMap<String, String> texts(Path folder) throws IOException {
    SortedMap<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .forEach(
              file -> {
                String name = file.getFileName().toString();
                texts.put(name.substring(0, name.length() - SUFFIX.length()), text(file));
              });
    }
    return texts;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The question that each query answers, by its name. */
  SortedMap<String, String> questions() {
    SortedMap<String, String> questions = new TreeMap<>();
    texts.forEach(
        (name, text) ->
            questions.put(
                name,
                text.lines()
                    .findFirst()
                    .filter(line -> line.startsWith(COMMENT))
                    .map(line -> line.substring(COMMENT.length()))
                    .orElse("")));
    return questions;
  }

  /** The statement of that name. */
  Optional<String> query(String name) {
    return Optional.ofNullable(texts.get(name));
  }
}
