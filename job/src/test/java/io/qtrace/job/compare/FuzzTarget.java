package io.qtrace.job.compare;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadLimits;
import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.compare.CompareGroups.Group;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.train.data.KdCache;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;

/**
 * What the fuzzer runs on each input: reads it as the system property {@code qtrace.fuzz} says, or
 * as its first byte does. Inert data, or a fault that names the file, is what is expected; anything
 * else is a crash.
 */
public final class FuzzTarget {
  private static final ObjectStore STORE = new ObjectStore(hadoop());
  private static final Path FOLDER = folder();
  private static final EdgeKind TRAIN = new EdgeKind("train");
  private static final Policy PACKAGED = packaged();
  private static final String OVERRIDE =
      "version: 1\nedges: {}\noverrides: [{name: o, config: %s, edges: {train: {q: may}}}]";
  private static final byte[] LEGACY_PREAMBLE =
      ("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.\u0080\u0002M\u00e9\u0003."
              + "\u0080\u0002}.")
          .getBytes(StandardCharsets.ISO_8859_1);

  /** What an input is read as. */
  enum Format {
    ZIP,
    PICKLE,
    LEGACY,
    SAFETENSORS,
    HEADER,
    INDEX,
    CONFIG,
    CACHE,
    PAIRING,
    POLICY,
    SETTINGS;

    void read(byte[] input) throws IOException {
      switch (this) {
        case ZIP -> checkpoint("file.pt", input);
        case PICKLE -> checkpoint("file.pt", zip(input));
        case LEGACY -> checkpoint("file.pt", joined(LEGACY_PREAMBLE, input));
        case SAFETENSORS -> checkpoint("file.safetensors", input);
        case HEADER -> checkpoint("file.safetensors", safetensors(input));
        case INDEX -> checkpoint("file.safetensors.index.json", input);
        case CONFIG -> config(input);
        case CACHE -> {
          MemoryFileSystem.put("meta.json", input);
          KdCache.open(STORE, "memory:/", new KdCache.Options(false, 0, 1));
        }
        case PAIRING -> pair(input);
        case POLICY -> Policy.load(Optional.of(write("policy.yaml", input)));
        case SETTINGS -> Settings.load(Optional.of(write("qtrace.yaml", input)));
      }
    }
  }

  private FuzzTarget() {}

  /** Called by Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    String given = System.getProperty("qtrace.fuzz", "");
    try {
      if (!given.isEmpty()) {
        Format.valueOf(given).read(input);
      } else if (input.length > 0) {
        byte[] rest = new byte[input.length - 1];
        System.arraycopy(input, 1, rest, 0, rest.length);
        Format.values()[(input[0] & 0xff) % Format.values().length].read(rest);
      }
    } catch (FormatException e) {
      if (e.getMessage().codePoints().anyMatch(Character::isISOControl)) {
        throw new AssertionError("Control characters in a message", e);
      }
    } catch (IOException e) {
      if (e.getMessage() == null) {
        throw new AssertionError("No message", e);
      }
    }
  }

  private static void checkpoint(String name, byte[] bytes) throws IOException {
    ObjectStat stat = new ObjectStat(name, bytes.length, 0, "");
    Checkpoints checkpoints = new Checkpoints(uri -> open(stat, uri, bytes), ReadLimits.DEFAULT);
    checkpoints.scan(name);
    for (TensorEntry tensor : StateDictPrefix.unwrapped(checkpoints.index(name)).all()) {
      if (tensor.storage().position() + tensor.storage().bytes() > bytes.length) {
        throw new AssertionError("A storage beyond its file: " + tensor);
      }
    }
  }

  // Hadoop's paths and files take longer than an input.
  private static RangeReader open(ObjectStat stat, String uri, byte[] bytes) throws IOException {
    if (!uri.equals(stat.uri())) {
      throw new FileNotFoundException("Cannot find file: " + uri);
    }
    return new RangeReader(stat, MemoryFileSystem.stream(bytes));
  }

  // A config.json, and after an empty line what an override of the policy asks of it.
  private static void config(byte[] input) throws IOException {
    String[] parts = new String(input, StandardCharsets.ISO_8859_1).split("\n\n", 2);
    MemoryFileSystem.put("config.json", parts[0].getBytes(StandardCharsets.ISO_8859_1));
    RunConfig config = RunConfig.nextTo(STORE, "memory:/run/file.pt");
    if (!config.problem().isEmpty() && config.sourceCheckpoint().isPresent()) {
      throw new AssertionError("Invalid, but with a source: " + config);
    }
    Policy policy = PACKAGED;
    if (parts.length == 2) {
      byte[] override = OVERRIDE.formatted(parts[1]).getBytes(StandardCharsets.ISO_8859_1);
      policy = Policy.load(Optional.of(write("policy.yaml", override)));
    }
    RunPolicy run = policy.forRun("run", config);
    run.identity("run/file.pt");
    run.lutMaxAbs().ifPresent(FuzzTarget::requirePositive);
    if (run.notes(TRAIN).stream()
        .flatMapToInt(String::codePoints)
        .anyMatch(Character::isISOControl)) {
      throw new AssertionError("Control characters in a note");
    }
  }

  private static void requirePositive(double value) {
    if (!(value > 0) || !Double.isFinite(value)) {
      throw new AssertionError("Invalid lut_max_abs: " + value);
    }
  }

  // Names of two checkpoints, a line each; an empty line ends those of the first.
  private static void pair(byte[] input) {
    String[] sides = new String(input, StandardCharsets.UTF_8).split("\n\n", 2);
    Map<String, CheckpointIndex> indexes =
        Map.of("left", index("left", sides[0]), "right", index("right", sides[sides.length - 1]));
    List<String> both = List.of("left", "right");
    Group group =
        new Group(0, both, Set.copyOf(both), List.of(new CompareRequest.Pair("left", "right")));
    Set<String> read = new HashSet<>();
    for (CompareUnit unit :
        ComparePlan.of(group, Set.of(), Set.of(), CategoryRules.DEFAULT, indexes, Map.of())) {
      unit.links().forEach(link -> read.addAll(unit.members().get(link.left()).names()));
    }
    Set<String> common = new HashSet<>(indexes.get("left").byName().keySet());
    common.retainAll(indexes.get("right").byName().keySet());
    if (!read.equals(common)) {
      throw new AssertionError("Compared " + read + ", expected " + common);
    }
  }

  private static CheckpointIndex index(String side, String names) {
    List<TensorEntry> tensors = new ArrayList<>();
    names
        .lines()
        .distinct()
        .forEach(
            name -> {
              Storage storage =
                  new Storage(
                      side, name, 4L * tensors.size(), 4, Storage.Order.LITTLE, Storage.UNVERIFIED);
              tensors.add(TensorEntry.contiguous(name, DType.FLOAT32, Shape.of(1), storage));
            });
    return StateDictPrefix.unwrapped(new CheckpointIndex(side, "fuzz", tensors, List.of()));
  }

  private static byte[] zip(byte[] pickle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(0);
      zip.putNextEntry(new ZipEntry("a/data.pkl"));
      zip.write(pickle);
      zip.putNextEntry(new ZipEntry("a/data/0"));
      zip.write(new byte[16]);
    }
    return bytes.toByteArray();
  }

  private static byte[] safetensors(byte[] header) {
    return ByteBuffer.allocate(8 + header.length + 16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  private static Configuration hadoop() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.memory.impl", MemoryFileSystem.class.getName());
    return hadoop;
  }

  // What is read as a local file only.
  private static Path write(String name, byte[] bytes) throws IOException {
    Path file = FOLDER.resolve(name);
    Files.deleteIfExists(file);
    return Files.write(file, bytes);
  }

  private static Policy packaged() {
    try {
      return Policy.load(Optional.empty());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder() {
    try {
      Path memory = Path.of("/dev/shm");
      Path folder =
          Files.isWritable(memory)
              ? Files.createTempDirectory(memory, "fuzz")
              : Files.createTempDirectory("fuzz");
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    for (File file : folder.toFile().listFiles()) {
                      file.delete();
                    }
                    folder.toFile().delete();
                  }));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
