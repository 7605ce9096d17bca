package io.qtrace.format;

import io.qtrace.format.pytorch.FuzzFiles;
import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What the fuzzer runs on each input: reads it as a file of the format that the system property
 * {@code qtrace.fuzz} names. A fault of the file, or inert data, is what is expected; any other
 * exception is a finding.
 */
public final class FuzzTarget {
  /** How an input becomes a file. */
  enum Format {
    /** As it is. */
    ZIP(".pt"),
    /** The pickle of a zip archive that is sound. */
    PICKLE(".pt"),
    LEGACY(".pt"),
    SAFETENSORS(".safetensors"),
    /** The header of a safetensors file that has its length. */
    HEADER(".safetensors"),
    INDEX(".safetensors.index.json");

    private final String extension;

    Format(String extension) {
      this.extension = extension;
    }

    byte[] file(byte[] input) {
      return switch (this) {
        case ZIP, SAFETENSORS, INDEX -> input;
        case PICKLE -> FuzzFiles.zip(input);
        case LEGACY -> FuzzFiles.legacy(input);
        case HEADER -> FuzzFiles.header(input);
      };
    }
  }

  private static final Format FORMAT =
      Format.valueOf(System.getProperty("qtrace.fuzz").toUpperCase(Locale.ROOT));

  private static final Path FILE = file();

  private FuzzTarget() {}

  /** Called by Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Files.write(FILE, FORMAT.file(input));
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.scan(FILE.toString());
    try {
      CheckpointIndex index = StateDictPrefix.unwrapped(checkpoints.index(FILE.toString()));
      long length = Files.size(FILE);
      for (TensorEntry tensor : index.all()) {
        if (tensor.storage().position() + tensor.storage().bytes() > length) {
          throw new AssertionError("Storage beyond the file: " + tensor);
        }
      }
    } catch (FormatException e) {
      if (e.getMessage().codePoints().anyMatch(Character::isISOControl)) {
        throw new AssertionError("Control characters in a message", e);
      }
    }
  }

  private static Path file() {
    try {
      Path memory = Path.of("/dev/shm");
      Path folder =
          Files.isWritable(memory)
              ? Files.createTempDirectory(memory, "fuzz")
              : Files.createTempDirectory("fuzz");
      Path file = folder.resolve("file" + FORMAT.extension);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(file, folder)));
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path... paths) {
    for (Path path : paths) {
      path.toFile().delete();
    }
  }
}
