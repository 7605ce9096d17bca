package io.qtrace.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.functional.FutureIO;

/**
 * Where checkpoints live: any Hadoop {@code FileSystem}, local files without their checksum layer.
 */
public final class ObjectStore {
  // A bucket has neither user nor port; elsewhere a user name need not be a secret.
  private static final Pattern CREDENTIALS =
      Pattern.compile("s3[an]?://[^/]*[:@]|[A-Za-z][A-Za-z0-9+.-]*://[^/@]*:[^/]*@");

  // A scheme of one letter is a drive of Windows.
  private static final Pattern URI_TEXT = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  // Else S3's first read of a stream asks for all that follows.
  private static final String READ_POLICY = Options.OpenFileOptions.FS_OPTION_OPENFILE_READ_POLICY;

  private final Configuration hadoop;

  public ObjectStore(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /** Limits for indexing checkpoints of this store. */
  public ReadLimits limits() {
    return ReadLimits.of(hadoop);
  }

  /** The object's identity now. */
  public ObjectStat stat(String uri) throws IOException {
    return stat(fileStatus(path(uri)));
  }

  /** Opens an object for ranged reads. */
  public RangeReader open(String uri) throws IOException {
    FileStatus status = fileStatus(path(uri));
    if (!status.isFile()) {
      throw new IOException("Invalid checkpoint: " + uri + ", expected a file, not a directory");
    }
    return open(status, stat(status));
  }

  /**
   * Opens an object whose identity is known, which saves a request to the object store.
   *
   * @throws IOException if there is no such object, at the latest when it is read
   */
  public RangeReader open(ObjectStat known) throws IOException {
    Path path = path(known.uri());
    FileSystem fs = fileSystem(path);
    FileStatus status =
        new FileStatus(
            known.bytes(),
            false,
            1,
            fs.getDefaultBlockSize(path),
            known.modified(),
            fs.makeQualified(path));
    return open(status, known);
  }

  private RangeReader open(FileStatus status, ObjectStat stat) throws IOException {
    requireRegular(status.getPath());
    try {
      FSDataInputStream stream =
          FutureIO.awaitFuture(
              fileSystem(status.getPath())
                  .openFile(status.getPath())
                  .withFileStatus(status) // spares S3 a request
                  .opt(READ_POLICY, "vector, random")
                  .build());
      return new RangeReader(stat, stream);
    } catch (ConnectException e) { // whose message does not name the file
      throw new IOException("Cannot open %s: %s".formatted(stat.uri(), e.getMessage()), e);
    }
  }

  // To open a pipe may take for ever, and to read a device too.
  private void requireRegular(Path path) throws IOException {
    if (fileSystem(path) instanceof RawLocalFileSystem local) {
      java.nio.file.Path file = local.pathToFile(path).toPath();
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new FormatException(
            path.toUri().toString(), 0, "Unsupported file: a pipe, socket or device");
      }
    }
  }

  /**
   * Begins an object that becomes visible as a whole when it is committed; missing parent folders
   * are created.
   *
   * @throws IOException if an object exists already and may not be replaced, or is a folder
   */
  public AtomicOutput create(String uri, WriteMode existing) throws IOException {
    Path path = path(uri);
    FileSystem fs = fileSystem(path);
    Path target = fs.makeQualified(path);
    if (existing == WriteMode.FAIL_IF_EXISTS) {
      requireAbsent(fs, target);
    } else if (fs.exists(target) && !fs.getFileStatus(target).isFile()) {
      throw new IOException("Cannot write " + SafeText.of(target.toString()) + ": it is a folder");
    }
    return fs.hasPathCapability(target, CommonPathCapabilities.ABORTABLE_STREAM)
        ? new MultipartOutput(fs, target, existing)
        : new RenameCommitOutput(fs, hadoop, target, existing);
  }

  static void requireAbsent(FileSystem fs, Path target) throws IOException {
    if (fs.exists(target)) {
      throw new FileAlreadyExistsException(
          "Cannot write " + SafeText.of(target.toString()) + ": it exists already");
    }
  }

  /** The file system of a path; for local files the raw one, which reads no {@code .crc} files. */
  public FileSystem fileSystem(Path path) throws IOException {
    FileSystem fs;
    try {
      fs = path.getFileSystem(hadoop);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("Cannot open %s: %s".formatted(path, e.getMessage()), e);
    }
    return fs instanceof LocalFileSystem local ? local.getRawFileSystem() : fs;
  }

  /**
   * The path of a URI, or of a plain local file name with any characters.
   *
   * @throws IllegalArgumentException if the URI has credentials in it, which would go into logs and
   *     tables, or is malformed
   */
  public static Path path(String uri) {
    if (CREDENTIALS.matcher(uri).lookingAt()) {
      throw new IllegalArgumentException(
          "Invalid URI: %s://... contains credentials; use Hadoop credential providers instead"
              .formatted(uri.substring(0, uri.indexOf(':'))));
    }
    if (!URI_TEXT.matcher(uri).matches()) {
      return new Path(new java.io.File(uri).toURI());
    }
    try {
      return new Path(new URI(uri.replace(" ", "%20")));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "Invalid URI: %s, %s at character %d".formatted(uri, e.getReason(), e.getIndex()), e);
    }
  }

  /** The identity from a listing. */
  public static ObjectStat stat(FileStatus status) {
    String etag =
        status instanceof EtagSource source && source.getEtag() != null ? source.getEtag() : "";
    return new ObjectStat(
        status.getPath().toUri().toString(), status.getLen(), status.getModificationTime(), etag);
  }

  private FileStatus fileStatus(Path path) throws IOException {
    try {
      return fileSystem(path).getFileStatus(path);
    } catch (FileNotFoundException e) {
      throw (IOException) new FileNotFoundException("Cannot find file: " + path).initCause(e);
    }
  }
}
