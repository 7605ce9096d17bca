package io.qtrace.job.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestInProcessLocalFileSystem {
  @TempDir private java.nio.file.Path folder;

  @Test
  void setsPermissions() throws Exception {
    try (FileSystem files = new InProcessLocalFileSystem()) {
      files.initialize(URI.create("file:///"), new Configuration(false));
      Path file = new Path(folder.resolve("a b").toUri());
      files.create(file).close();
      files.setPermission(file, new FsPermission((short) 0640));
      assertThat(permissions("a b")).isEqualTo("rw-r-----");
      FileSystem.mkdirs(
          files, new Path(folder.resolve("d").toUri()), new FsPermission((short) 0750));
      assertThat(permissions("d")).isEqualTo("rwxr-x---");
    }
  }

  @Test
  void isTheLocalFileSystemOfSessionInThisProcess() throws Exception {
    assertThat(
            Sessions.configuration(
                    new org.apache.spark.SparkConf(false), java.util.Optional.empty())
                .get("spark.hadoop.fs.file.impl"))
        .isEqualTo(InProcessLocalFileSystem.class.getName());
  }

  private String permissions(String name) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
  }
}
