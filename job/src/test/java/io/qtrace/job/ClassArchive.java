package io.qtrace.job;

import io.qtrace.job.cli.Main;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;

/**
 * The class path of this JVM for processes that start Spark, and the JVM's archive of the classes
 * that an audit loads, with which they start in half the time. Both are made once for all JVMs of a
 * build: the archive takes jars only.
 */
public final class ClassArchive {
  private static final Path FOLDER = Path.of("target/processes").toAbsolutePath();
  private static final String ARCHIVE = "classes.jsa";
  private static final String[] RUNS = {"sr011-q4a4-FP4-init", "debug_lut_training", "bug_q_drift"};

  private static ClassArchive made;

  private final String classPath;
  private final List<String> options;

  private ClassArchive(String classPath, List<String> options) {
    this.classPath = classPath;
    this.options = options;
  }

  /** The archive of the classes as they are now. */
  public static synchronized ClassArchive get() {
    if (made == null) {
      try {
        made = make();
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException("Cannot archive classes in " + FOLDER, e);
      }
    }
    return made;
  }

  /** The class path, without folders. */
  public String classPath() {
    return classPath;
  }

  /** What maps the archive; what the JVM has to say about that goes nowhere. */
  public List<String> options() {
    return options;
  }

  /** The same as Spark takes the options of its processes. */
  public String sparkOptions() {
    return options.stream().map(option -> '"' + option + '"').collect(Collectors.joining(" "));
  }

  private static ClassArchive make() throws IOException, InterruptedException {
    List<String> given =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.matches("-XX:SharedArchiveFile=.*|-Xlog:.*"))
            .toList();
    if (!given.isEmpty()) { // of a process that a test started
      return new ClassArchive(System.getProperty("java.class.path"), given);
    }
    List<Path> path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(Files::exists)
            .map(Path::toAbsolutePath)
            .toList();
    Path own = FOLDER.resolve(version(path));
    Files.createDirectories(FOLDER);
    try (FileChannel file =
        FileChannel.open(
            FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.lock(); // until it is closed
      if (Files.notExists(own.resolve(ARCHIVE))) {
        removeAll();
        fill(own, path);
      }
    }
    return at(own, path);
  }

  private static ClassArchive at(Path folder, List<Path> path) {
    List<String> jars = new ArrayList<>();
    for (int i = 0; i < path.size(); i++) {
      Path entry = path.get(i);
      jars.add((Files.isDirectory(entry) ? folder.resolve(i + ".jar") : entry).toString());
    }
    return new ClassArchive(
        String.join(File.pathSeparator, jars),
        List.of(
            "-XX:SharedArchiveFile=" + folder.resolve(ARCHIVE),
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Xlog:cds*=off:stderr"));
  }

  // Of each file its place, size and time, and the JVM.
  private static String version(List<Path> path) throws IOException {
    StringBuilder text = new StringBuilder(System.getProperty("java.vm.version"));
    for (Path entry : path) {
      for (Path file : files(entry)) {
        text.append('\n').append(file).append(' ').append(Files.size(file));
        text.append(' ').append(Files.getLastModifiedTime(file));
      }
    }
    return DigestUtils.sha256Hex(text.toString()).substring(0, 16);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void removeAll() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER)) {
      all.filter(Files::isDirectory).map(Path::toFile).forEach(FileUtils::deleteQuietly);
    }
  }

  // The jars must be where they stay: the archive knows them by their names.
  private static void fill(Path folder, List<Path> path) throws IOException, InterruptedException {
    Files.createDirectory(folder);
    for (int i = 0; i < path.size(); i++) {
      if (Files.isDirectory(path.get(i))) {
        jar(path.get(i), folder.resolve(i + ".jar"));
      }
    }
    Path archive = folder.resolve(ARCHIVE);
    Path work = Files.createDirectory(folder.resolve("work"));
    List<String> command = Processes.java();
    command.addAll(Processes.OPTIONS);
    command.addAll(
        List.of(
            "-XX:ArchiveClassesAtExit=" + archive,
            "-Xlog:disable",
            "-cp",
            at(folder, path).classPath(),
            Main.class.getName(),
            "audit",
            "--archive",
            Sample.copyRuns(work.resolve("archive"), RUNS).toString(),
            "--warehouse",
            work.resolve("tables").toString(),
            "--fail-on",
            "never",
            "--quiet"));
    Processes.output(command.toArray(String[]::new));
    FileUtils.deleteDirectory(work.toFile());
    if (Files.notExists(archive)) {
      Files.createFile(archive); // this JVM makes none, and ignores this one
    }
  }

  // Not compressed: it is read often. With its folders: resources are listed.
  private static void jar(Path folder, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out);
        Stream<Path> all = Files.walk(folder)) {
      entries.setLevel(0);
      for (Path file : all.filter(file -> !file.equals(folder)).sorted().toList()) {
        boolean isFolder = Files.isDirectory(file);
        entries.putNextEntry(new JarEntry(folder.relativize(file) + (isFolder ? "/" : "")));
        if (!isFolder) {
          Files.copy(file, entries);
        }
      }
    }
  }
}
