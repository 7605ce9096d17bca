package io.qtrace.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Objects that are being written, on a store of each kind. */
@Tag("system")
class TestAtomicOutputs {
  @TempDir static java.nio.file.Path shared;

  private static S3Server s3;
  private static MiniHdfs hdfs;

  private enum Kind {
    LOCAL,
    HDFS,
    S3
  }

  @BeforeAll
  static void startServers() throws Exception {
    s3 = S3Server.start(Files.createDirectory(shared.resolve("s3")));
    hdfs = MiniHdfs.start(shared.resolve("hdfs"));
  }

  @AfterAll
  static void stopServers() {
    if (s3 != null) {
      s3.close();
    }
    if (hdfs != null) {
      hdfs.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void becomesVisibleCompleteOnCommit(Kind kind) throws IOException {
    String uri = uri(kind, "committed/a.pt");
    try (AtomicOutput object = store(kind).create(uri, WriteMode.FAIL_IF_EXISTS)) {
      object.stream().write("whole".getBytes(UTF_8));
      assertThat(names(kind, "committed")).doesNotContain("a.pt");
      ObjectStat stat = object.commit();
      assertThat(stat.uri()).endsWith("committed/a.pt");
      assertThat(stat.bytes()).isEqualTo(5);
    }
    assertThat(names(kind, "committed")).containsExactly("a.pt");
    assertThat(content(kind, uri)).isEqualTo("whole");
  }

  @ParameterizedTest
  @EnumSource
  void leavesNothingIfNotCommitted(Kind kind) throws IOException {
    String uri = uri(kind, "left/a.pt");
    try (AtomicOutput object = store(kind).create(uri, WriteMode.OVERWRITE)) {
      object.stream().write("half".getBytes(UTF_8));
    }
    assertThat(names(kind, "left")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void replacesAnExistingObjectOnlyIfAllowed(Kind kind) throws IOException {
    String uri = uri(kind, "existing/a.pt");
    write(kind, uri, "before", WriteMode.FAIL_IF_EXISTS);
    assertThatThrownBy(() -> write(kind, uri, "refused", WriteMode.FAIL_IF_EXISTS))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot write ")
        .hasMessageEndingWith("existing/a.pt: it exists already");
    assertThat(content(kind, uri)).isEqualTo("before");
    try (AtomicOutput object = store(kind).create(uri, WriteMode.OVERWRITE)) {
      object.stream().write("half".getBytes(UTF_8));
    }
    assertThat(content(kind, uri)).isEqualTo("before");
    write(kind, uri, "after", WriteMode.OVERWRITE);
    assertThat(content(kind, uri)).isEqualTo("after");
    assertThat(names(kind, "existing")).containsExactly("a.pt");
  }

  private static void write(Kind kind, String uri, String content, WriteMode existing)
      throws IOException {
    try (AtomicOutput object = store(kind).create(uri, existing)) {
      object.stream().write(content.getBytes(UTF_8));
      object.commit();
    }
  }

  private static ObjectStore store(Kind kind) {
    return new ObjectStore(kind == Kind.S3 ? s3.hadoop() : new Configuration());
  }

  private static String uri(Kind kind, String path) throws IOException {
    return switch (kind) {
      case LOCAL -> shared.resolve("local").resolve(path).toUri().toString();
      case HDFS -> hdfs.uri("/" + path);
      case S3 -> s3.uri(path);
    };
  }

  // Hidden ones too.
  private static List<String> names(Kind kind, String folder) throws IOException {
    Path path = ObjectStore.path(uri(kind, folder));
    FileSystem fs = store(kind).fileSystem(path);
    FileStatus[] found = fs.exists(path) ? fs.listStatus(path) : new FileStatus[0];
    return Arrays.stream(found).map(status -> status.getPath().getName()).sorted().toList();
  }

  private static String content(Kind kind, String uri) throws IOException {
    Path path = ObjectStore.path(uri);
    try (InputStream stream = store(kind).fileSystem(path).open(path)) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
