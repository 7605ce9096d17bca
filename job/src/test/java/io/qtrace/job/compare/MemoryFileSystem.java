package io.qtrace.job.compare;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Files of one folder, {@code memory:/}, that are byte arrays; to be read only. */
public final class MemoryFileSystem extends FileSystem {
  private static final Map<String, byte[]> FILES = new ConcurrentHashMap<>(); // by name

  /** Puts a file there; its URI. */
  static String put(String name, byte[] content) {
    FILES.put(name, content);
    return "memory:/" + name;
  }

  /** Bytes as an open file. */
  static FSDataInputStream stream(byte[] content) {
    return new FSDataInputStream(new Content(content));
  }

  @Override
  public String getScheme() {
    return "memory";
  }

  @Override
  public URI getUri() {
    return URI.create("memory:///");
  }

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    return stream(content(file));
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return path.isRoot()
        ? new FileStatus(0, true, 1, 1, 0, path)
        : new FileStatus(content(path).length, false, 1, 1, 0, path);
  }

  @Override
  public FileStatus[] listStatus(Path folder) throws IOException {
    if (!folder.isRoot()) {
      return new FileStatus[] {getFileStatus(folder)};
    }
    return FILES.entrySet().stream()
        .map(
            file ->
                new FileStatus(
                    file.getValue().length, false, 1, 1, 0, new Path(folder, file.getKey())))
        .toArray(FileStatus[]::new);
  }

  private static byte[] content(Path file) throws FileNotFoundException {
    byte[] content = FILES.get(file.getName());
    if (content == null) {
      throw new FileNotFoundException("No such file: " + file);
    }
    return content;
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path("memory:/");
  }

  @Override
  public void setWorkingDirectory(Path folder) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FSDataOutputStream create(
      Path file,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FSDataOutputStream append(Path file, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean rename(Path from, Path to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean delete(Path path, boolean recursive) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean mkdirs(Path folder, FsPermission permission) {
    throw new UnsupportedOperationException();
  }

  /** A byte array as a stream. */
  private static final class Content extends FSInputStream {
    private final byte[] bytes;
    private ByteArrayInputStream rest;

    Content(byte[] bytes) {
      this.bytes = bytes;
      this.rest = new ByteArrayInputStream(bytes);
    }

    @Override
    public void seek(long position) throws IOException {
      if (position < 0 || position > bytes.length) {
        throw new EOFException("Position " + position + " of " + bytes.length);
      }
      rest = new ByteArrayInputStream(bytes, (int) position, bytes.length - (int) position);
    }

    @Override
    public long getPos() {
      return (long) bytes.length - rest.available();
    }

    @Override
    public boolean seekToNewSource(long position) {
      return false;
    }

    @Override
    public void readVectored(List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate) {
      for (FileRange range : ranges) {
        ByteBuffer target = allocate.apply(range.getLength());
        target.put(target.position(), bytes, (int) range.getOffset(), range.getLength());
        range.setData(CompletableFuture.completedFuture(target));
      }
    }

    @Override
    public int read() {
      return rest.read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      return rest.read(buffer, offset, length);
    }
  }
}
