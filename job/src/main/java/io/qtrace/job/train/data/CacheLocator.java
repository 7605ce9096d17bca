package io.qtrace.job.train.data;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.progress.Progress;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;

/**
 * Makes a KD cache available where training reads it, in the order of the notebook's cell 5b: the
 * folder as it is; else {@code NAME.tgz} of the source, unpacked; else the folder {@code NAME} of
 * the source, copied. The folder appears complete or not at all.
 */
public final class CacheLocator {
  private final ObjectStore store;
  private final Progress progress;

  /**
   * @param progress receives what it does, one line each
   */
  public CacheLocator(ObjectStore store, Progress progress) {
    this.store = store;
    this.progress = progress;
  }

  /**
   * The folder of a cache, which exists once this returns.
   *
   * @param cache the folder, or a {@code .tgz} that is unpacked into {@code unpacked}
   * @param source folder with {@code NAME.tgz} or {@code NAME}, used if the cache is missing
   * @param unpacked folder in which a {@code .tgz} is unpacked
   * @throws FileNotFoundException naming all that was tried
   */
  public String locate(String cache, Optional<String> source, String unpacked) throws IOException {
    Path wanted = folder(cache);
    Matcher tgz = KdCacheFormat.TGZ.matcher(wanted.getName());
    if (tgz.matches()) {
      return unpack(wanted, new Path(folder(unpacked), tgz.group(1)));
    }
    if (exists(wanted)) {
      return found(wanted);
    }
    Path from = source.map(CacheLocator::folder).orElse(wanted.getParent());
    Path archive = new Path(from, wanted.getName() + ".tgz");
    Path folder = new Path(from, wanted.getName());
    progress.report(
        "Cache not found at %s, copying from %s...".formatted(safe(wanted), safe(from)));
    if (exists(archive)) {
      return unpack(archive, wanted);
    }
    if (!folder.equals(wanted) && exists(folder)) {
      progress.report("Copying " + safe(folder) + "...");
      appear(wanted, partial -> copy(folder, partial));
      return found(wanted);
    }
    String tried = folder.equals(wanted) ? "" : "; " + safe(folder);
    throw new FileNotFoundException(
        "Cannot find KD cache: tried %s; %s%s; expected a folder with meta.json and shard_*.pt"
            .formatted(safe(wanted), safe(archive), tried));
  }

  private String unpack(Path tgz, Path folder) throws IOException {
    if (!exists(folder)) {
      if (!exists(tgz)) {
        throw new FileNotFoundException("Cannot find KD cache: tried " + safe(tgz));
      }
      progress.report("Extracting " + safe(tgz) + "...");
      appear(folder, partial -> CacheArchive.LIMITS.extract(store, tgz, partial));
    }
    return found(folder);
  }

  private String found(Path folder) throws IOException {
    int files = store.fileSystem(folder).listStatus(folder).length;
    progress.report("Cache already exists: %s, %d files total".formatted(safe(folder), files));
    return folder.toString();
  }

  private interface Filling {
    void fill(Path folder) throws IOException;
  }

  // An incomplete copy is never mistaken for a cache.
  private void appear(Path folder, Filling filling) throws IOException {
    FileSystem fs = store.fileSystem(folder);
    Path partial =
        new Path(folder.getParent(), "." + folder.getName() + ".partial-" + UUID.randomUUID());
    try {
      fs.mkdirs(partial);
      filling.fill(partial);
      if (!fs.rename(partial, folder)) {
        throw new IOException("Cannot rename " + safe(partial) + " to " + safe(folder));
      }
    } finally {
      fs.delete(partial, true);
    }
  }

  private void copy(Path folder, Path to) throws IOException {
    FileSystem source = store.fileSystem(folder);
    for (FileStatus file : source.listStatus(folder)) {
      if (file.isFile() && KdCacheFormat.isPart(file.getPath().getName())) {
        FileUtil.copy(
            source, file, store.fileSystem(to), to, false, false, new Configuration(false));
      }
    }
  }

  private boolean exists(Path path) throws IOException {
    return store.fileSystem(path).exists(path);
  }

  // Without the trailing slash that an existing folder may have.
  private static Path folder(String uri) {
    URI path = ObjectStore.path(uri).toUri();
    return new Path(path.getScheme(), path.getAuthority(), path.getPath());
  }

  private static String safe(Path path) {
    return SafeText.of(path.toString());
  }
}
