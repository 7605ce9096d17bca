package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.FailureReason;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeResult;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.S3Server;
import io.qtrace.job.S3Server.Request;
import io.qtrace.job.conf.CompareSettings;
import io.qtrace.job.conf.Settings;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that comparing two files of S3 takes, with the settings as they are shipped. */
@Tag("system")
class TestReadsOnS3 {
  private static final String RANGED_READS = "fs.s3a.vectored.active.ranged.reads";
  private static final List<String> FILES = List.of("left", "right");

  @TempDir Path folder;
  private S3Server server;
  private CompareSettings settings;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(Files.createDirectory(folder.resolve("s3")));
    settings = Settings.load(Optional.empty()).compare();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void neighbouringSmallTensorsShareOneRequest() throws Exception {
    int tensors = 300;
    int bytes = 1000;
    put(tensors * bytes);
    List<RangeTask> tasks =
        IntStream.range(0, tensors).mapToObj(i -> task((long) i * bytes, bytes)).toList();
    assertThat(compare(tasks)).hasSize(tensors);
    List<Request> requests = contents(FILES.size());
    assertThat(requests.stream().mapToLong(Request::bytes).sum())
        .isEqualTo((long) FILES.size() * tensors * bytes);
  }

  @Test
  void asManyRangesOfLargeTensorsAreUnderWayAsAreSet() throws Exception {
    ReadOptions read = settings.read(server.uri("left"));
    int bytes = 16 * read.rangeBytes() + 1;
    put(bytes);
    server.holdUntil(read.inFlight());
    assertThat(compare(List.of(task(0, bytes)))).hasSize(1);
    assertThat(read.inFlight()).isGreaterThanOrEqualTo(20);
    assertThat(server.mostUnderWay()).isEqualTo(read.inFlight());
    List<Request> requests = contents(FILES.size() * 17);
    assertThat(requests.stream().mapToLong(Request::bytes).sum())
        .isEqualTo((long) FILES.size() * bytes);
  }

  private List<RangeResult> compare(List<RangeTask> tasks) throws IOException {
    Configuration hadoop = server.hadoop();
    hadoop.set(RANGED_READS, shipped("spark.hadoop." + RANGED_READS));
    ObjectStore store = new ObjectStore(hadoop);
    Map<String, ObjectStat> known = new HashMap<>();
    for (String file : FILES) {
      known.put(server.uri(file), store.stat(server.uri(file)));
    }
    try (RangeComparison comparison =
        new RangeComparison(
            store,
            settings.taskMemoryBytes(),
            settings.read(server.uri("left")),
            known,
            FailureReason.NONE)) {
      List<RangeResult> results = comparison.run(tasks);
      assertThat(results)
          .allSatisfy(
              result -> {
                assertThat(result.failures()).isEmpty();
                assertThat(result.pairs().get(0).diff().changed()).isZero();
              });
      return results;
    }
  }

  // The server counts a request when it has answered it, which is later than the answer is here.
  private List<Request> contents(int expected) throws InterruptedException {
    List<Request> contents = new ArrayList<>();
    for (int i = 0; i < 1000 && contents.size() < expected; i++) {
      Thread.sleep(10);
      server.drainRequests().stream()
          .filter(request -> request.method().equals("GET"))
          .forEach(contents::add);
    }
    assertThat(contents).hasSize(expected);
    return contents;
  }

  private static String shipped(String setting) throws IOException {
    Properties defaults = new Properties();
    try (Reader file = Files.newBufferedReader(Path.of("../conf/spark-defaults.conf"))) {
      defaults.load(file);
    }
    return defaults.getProperty(setting);
  }

  private RangeTask task(long position, int bytes) {
    List<Member> members =
        FILES.stream()
            .map(
                file ->
                    new Member(
                        file,
                        TensorEntry.contiguous(
                            "t",
                            DType.UINT8,
                            Shape.of(bytes),
                            new Storage(
                                server.uri(file),
                                "0",
                                position,
                                bytes,
                                Storage.Order.LITTLE,
                                Storage.UNVERIFIED)),
                        Set.of(Measure.FINGERPRINT)))
            .toList();
    return RangeTask.whole(members, List.of(new Pair(0, 1)));
  }

  private void put(int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(1).nextBytes(content);
    Path file = Files.write(folder.resolve("content"), content);
    for (String name : FILES) {
      server.put(file, name);
    }
  }
}
