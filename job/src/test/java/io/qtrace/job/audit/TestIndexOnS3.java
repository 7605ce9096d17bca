package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.PyTorch;
import io.qtrace.job.S3Server;
import io.qtrace.job.S3Server.Request;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.ArchiveScan;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.compare.IndexStage;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.progress.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
class TestIndexOnS3 {
  private static final int CHECKPOINTS = 100;
  private static final int TENSORS = 1200;

  // 50 MB, as many tensors as a model of 28 layers has.
  private static final String SAVE =
      """
      import sys, torch
      torch.save({f"model.layers.{i // 40}.self_attn.q_proj.part_{i}": torch.full((10400,), float(i))
                  for i in range(1200)}, sys.argv[1])
      """;

  @TempDir Path folder;

  @Test
  void takesFourRequestsAndAHundredthOfTheBytesOfACheckpoint() throws Exception {
    Path file = folder.resolve("checkpoint_step1.pt");
    PyTorch.run(SAVE, file.toString());
    long bytes = Files.size(file);
    assertThat(bytes).isGreaterThan(50_000_000);
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      server.put(file, "runs/run1/checkpoint_step1.pt");
      for (int i = 2; i <= CHECKPOINTS; i++) {
        server.link("runs/run1/checkpoint_step1.pt", "runs/run%d/checkpoint_step1.pt".formatted(i));
      }
      server.drainRequests();
      ObjectStore store = new ObjectStore(server.hadoop());
      Archive archive =
          new ArchiveScan(store, Settings.load(Optional.empty()).archive())
              .scan(server.uri("runs"));
      assertThat(archive.checkpoints()).hasSize(CHECKPOINTS);
      List<Request> listing = server.drainRequests();
      assertThat(listing).as("listing").hasSizeLessThan(4);

      Map<String, Integer> tensors = index(server, archive);
      List<Request> requests = server.drainRequests();
      assertThat(tensors)
          .hasSize(CHECKPOINTS)
          .allSatisfy((id, count) -> assertThat(count).isEqualTo(TENSORS));
      Map<String, Long> perCheckpoint =
          requests.stream().collect(Collectors.groupingBy(Request::path, Collectors.counting()));
      assertThat(perCheckpoint).hasSize(CHECKPOINTS);
      assertThat(perCheckpoint.values()).allMatch(count -> count <= 4);
      assertThat(requests.stream().mapToLong(Request::bytes).sum())
          .isBetween(CHECKPOINTS * 10_000L, CHECKPOINTS * bytes / 100);
      assertThat(requests)
          .filteredOn(request -> request.method().equals("GET"))
          .isNotEmpty()
          .allMatch(request -> request.range().startsWith("bytes="));
    }
  }

  // How many tensors each checkpoint has, by its id.
  private static Map<String, Integer> index(S3Server server, Archive archive) {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());
    try (S3Server.Reached reached = server.reach(spark.hadoopConfiguration())) {
      return Map.copyOf(
          new IndexStage(spark, Progress.NONE)
              .run(
                  archive.checkpoints().stream()
                      .collect(Collectors.toMap(CheckpointFile::id, file -> file.stat().uri())))
              .readable()
              .mapValues(index -> index.value().tensors().size())
              .collectAsMap());
    }
  }
}
