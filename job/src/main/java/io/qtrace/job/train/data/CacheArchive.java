package io.qtrace.job.train.data;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A KD cache as {@code tar czf NAME.tgz NAME} makes it. It is not trusted: only {@code meta.json}
 * and shards of one folder are extracted, links and paths that lead elsewhere are refused, and
 * sizes are bounded.
 *
 * @param maxEntries maximum number of entries, of any kind
 * @param maxBytes maximum number of unpacked bytes
 */
record CacheArchive(int maxEntries, long maxBytes) {
  static final CacheArchive LIMITS = new CacheArchive(1_000_000, 1L << 40);

  /**
   * Unpacks into a folder.
   *
   * @return number of files written
   * @throws IOException naming the entry, if the archive is damaged or malicious; the folder may
   *     then have some of its files
   */
  int extract(ObjectStore store, Path tgz, Path folder) throws IOException {
    FileSystem target = store.fileSystem(folder);
    try (InputStream file = store.fileSystem(tgz).open(tgz);
        InputStream gzip = GzipCompressorInputStream.builder().setInputStream(file).get();
        TarArchiveInputStream tar = new TarArchiveInputStream(gzip)) {
      return extract(tar, tgz, target, folder);
    } catch (IllegalArgumentException e) {
      throw new IOException(invalid(tgz, "a damaged tar entry").getMessage(), e);
    }
  }

  private int extract(TarArchiveInputStream tar, Path tgz, FileSystem target, Path folder)
      throws IOException {
    Set<String> written = new HashSet<>();
    String top = null;
    long bytes = 0;
    int entries = 0;
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      entries++;
      if (entries > maxEntries) {
        throw invalid(tgz, "more than " + maxEntries + " entries");
      }
      requirePlain(tgz, entry);
      if (entry.getSize() < 0 || entry.getSize() > maxBytes - bytes) {
        throw invalid(tgz, "more than " + maxBytes + " bytes unpacked");
      }
      bytes += entry.getSize();
      String name =
          entry.getName().startsWith("./") ? entry.getName().substring(2) : entry.getName();
      String fileName = name.substring(name.lastIndexOf('/') + 1);
      if (entry.isDirectory() || !KdCacheFormat.isPart(fileName)) {
        continue;
      }
      String parent = name.substring(0, name.length() - fileName.length());
      if (top != null && !top.equals(parent)) {
        throw invalid(
            tgz,
            "files in %s and %s, expected one folder"
                .formatted(SafeText.quoted(top), SafeText.quoted(parent)));
      }
      top = parent;
      if (!written.add(fileName)) {
        throw invalid(tgz, "two entries " + SafeText.quoted(name));
      }
      try (OutputStream out = target.create(new Path(folder, fileName), false)) {
        tar.transferTo(out);
      }
    }
    if (written.isEmpty()) {
      throw invalid(tgz, "no meta.json and no shards");
    }
    return written.size();
  }

  private static void requirePlain(Path tgz, TarArchiveEntry entry) throws IOException {
    String name = entry.getName();
    byte kind = entry.getLinkFlag(); // isFile() takes links for files
    boolean plain = kind == TarConstants.LF_NORMAL || kind == TarConstants.LF_OLDNORM;
    if (kind != TarConstants.LF_DIR && (!plain || entry.isSparse())) {
      throw invalid(tgz, "entry " + SafeText.quoted(name) + " is not a regular file");
    }
    if (name.startsWith("/") || name.contains("\\") || List.of(name.split("/")).contains("..")) {
      throw invalid(tgz, "entry " + SafeText.quoted(name) + " leads out of its folder");
    }
  }

  private static IOException invalid(Path tgz, String why) {
    return new IOException("Invalid KD cache: " + SafeText.of(tgz.toString()) + ": " + why);
  }
}
