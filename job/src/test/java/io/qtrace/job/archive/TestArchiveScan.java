package io.qtrace.job.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.S3Server;
import io.qtrace.job.Sample;
import io.qtrace.job.archive.Archive.SkippedFolder;
import io.qtrace.job.conf.Settings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProvider;
import org.apache.hadoop.security.alias.CredentialProviderFactory;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestArchiveScan {
  private static final String OUTSIDE = "a link that leads out of the archive";

  @TempDir Path folder;

  @Test
  void findsRunsAndReportsOtherFolders() throws IOException {
    Archive archive = scan(Sample.ARCHIVE);
    assertThat(archive.runs())
        .extracting(Run::path)
        .hasSize(8)
        .startsWith("base-model", "runs/bug_q_drift", "runs/debug_lut_training");
    assertThat(archive.runs().get(1).config().sourceCheckpoint())
        .contains("runs/sr011-q4a4-FP4-init/v2_initial.pt");
    assertThat(archive.skipped())
        .contains(
            new SkippedFolder(
                "caches/two_examples_L24_K16_R8", "a KD cache (meta.json), not a run"));
  }

  @Test
  void aRunMayBeTheArchiveItself() throws IOException {
    Archive archive = scan(Sample.RUNS.resolve("debug_lut_training"));
    assertThat(archive.runs()).hasSize(1);
    assertThat(archive.checkpoints())
        .extracting(CheckpointFile::path)
        .containsExactly("best_state_dict.pt", "checkpoint_step20.pt");
  }

  @ParameterizedTest
  @CsvSource({
    "v2_initial.pt, INITIAL, -1",
    "checkpoint_step200.pt, STEP, 200",
    "checkpoint-step7.safetensors, STEP, 7",
    "checkpoint_step99999999999999999999.pt, STEP, -1",
    "best_state_dict.pt, BEST, -1",
    "baked_step200.pt, BAKED, 200",
    "baked.pt, BAKED, -1",
    "v2_q4_r32_fp16_20261123_204152.pt, EXPORT, -1",
    "lut_refreshed_step200.pt, OTHER, -1",
    "tightened.pt, OTHER, -1",
    "checkpoint_epoch3.pt, STEP, 3",
    "epoch=3-step=100.ckpt, STEP, 100",
    "ckpt-00010.pt, STEP, 10",
    "ckpt_9.safetensors, STEP, 9",
    "model_step_7.pt, STEP, 7",
    "checkpoint-500.bin, STEP, 500",
    "iter_20.pth, STEP, 20",
  })
  void namesTellRolesAndSteps(String name, Role role, long step) throws IOException {
    CheckpointNames names = new CheckpointNames(Settings.load(Optional.empty()).archive());
    assertThat(names.name(name)).isEqualTo(new CheckpointNames.Named(role, step));
  }

  @ParameterizedTest
  @CsvSource({
    "runs/a/checkpoint_step1.pt, 1",
    "runs/a/global_step1/model.pt, 1",
    "runs/a/epoch=3-step=100.ckpt, 100",
    "runs/a/checkpoint_step10.pt, 10",
    "runs/a/checkpoint_epoch1.pt,",
    "runs/a/epoch1/model.pt,",
    "runs/a/baked_step1.pt,",
    "best_state_dict.pt,",
  })
  void optimizerStepsAreThoseOfStepsButNotOfEpochs(String path, Long steps) throws IOException {
    CheckpointNames names = new CheckpointNames(Settings.load(Optional.empty()).archive());
    assertThat(names.optimizerSteps(path))
        .isEqualTo(steps == null ? OptionalLong.empty() : OptionalLong.of(steps));
  }

  @Test
  void shardsBehindAnIndexAreNotCheckpoints() throws IOException {
    Files.createFile(folder.resolve("model.safetensors.index.json"));
    Files.createFile(folder.resolve("model-00001-of-00002.safetensors"));
    Path shard = Files.createFile(folder.resolve("model-00002-of-00002.safetensors"));
    List<CheckpointFile> before = scan(folder).checkpoints();
    assertThat(before)
        .extracting(CheckpointFile::path)
        .containsExactly("model.safetensors.index.json");
    Files.writeString(shard, "more");
    assertThat(scan(folder).checkpoints().get(0).stat().bytes()).isEqualTo(4);
    assertThat(scan(folder).checkpoints()).isNotEqualTo(before);
  }

  @Test
  void shardsInSubfoldersOfTheirIndexAreNotCheckpoints() throws IOException {
    Files.createDirectories(folder.resolve("run/sub"));
    Path index = folder.resolve("run/model.safetensors.index.json");
    Path shard = Files.createFile(folder.resolve("run/sub/model-00001-of-00002.safetensors"));
    Files.createFile(folder.resolve("run/sub/model-00002-of-00002.safetensors"));
    Files.writeString(index, "{\"weight_map\": {\"a\": \"sub/model-00001-of-00002.safetensors\"}}");
    assertThat(scan(folder).checkpoints())
        .extracting(CheckpointFile::path)
        .containsExactlyInAnyOrder(
            "run/model.safetensors.index.json", "run/sub/model-00002-of-00002.safetensors");
    long before = scan(folder).runs().get(0).checkpoints().get(0).stat().bytes();
    Files.writeString(shard, "more");
    assertThat(scan(folder).runs().get(0).checkpoints().get(0).stat().bytes())
        .isEqualTo(before + 4);
    Files.writeString(index, "{");
    assertThat(scan(folder).checkpoints()).hasSize(3);
  }

  @Test
  void continuesWhenConfigIsNotJson() throws IOException {
    Files.createFile(folder.resolve("checkpoint_step1.pt"));
    Files.writeString(folder.resolve("config.json"), "{");
    assertThat(scan(folder).runs().get(0).config().problem())
        .isEqualTo("Invalid config.json: not JSON");
  }

  // As json.dump of Python writes them.
  @Test
  void acceptsNanAndInfinityInConfig() throws IOException {
    Files.createFile(folder.resolve("checkpoint_step1.pt"));
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"source_checkpoint": "a.pt", "best_loss": Infinity, "clip": -Infinity, "eval": NaN}
        """);
    RunConfig config = scan(folder).runs().get(0).config();
    assertThat(config.problem()).isEmpty();
    assertThat(config.sourceCheckpoint()).contains("a.pt");
    assertThat(config.setting("best_loss").orElseThrow().doubleValue())
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(config.setting("clip").orElseThrow().doubleValue())
        .isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(config.setting("eval").orElseThrow().doubleValue()).isNaN();
  }

  @Test
  void stepFoldersBelongToTheRunAboveThem() throws IOException {
    for (String path :
        List.of(
            "hf/checkpoint-500/model.safetensors",
            "hf/checkpoint-1000/model.safetensors",
            "ds/global_step100/mp_rank_00_model_states.pt",
            "ds/global_step20/mp_rank_00_model_states.pt")) {
      Files.createDirectories(folder.resolve(path).getParent());
      Files.createFile(folder.resolve(path));
    }
    Archive archive = scan(folder);
    assertThat(archive.runs()).extracting(Run::path).containsExactly("ds", "hf");
    assertThat(archive.checkpoints())
        .extracting(CheckpointFile::step)
        .containsExactlyInAnyOrder(100L, 20L, 500L, 1000L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "global_step100/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt",
        "zero_pp_rank_0_mp_rank_00_optim_states.pt",
        "common.pt",
        "dist/common.pt",
        "rng_state.pth",
        "rng_state_0.pth",
        "checkpoint-500/rng_state_1.pth",
        "optimizer.pt",
        "scheduler.pt",
        "training_args.bin",
      })
  void trainingStateIsNoCheckpoint(String path) throws IOException {
    Files.createDirectories(folder.resolve(path).getParent());
    Files.createFile(folder.resolve(path));
    Files.createFile(folder.resolve("checkpoint_step1.pt"));
    assertThat(scan(folder).checkpoints())
        .extracting(CheckpointFile::path)
        .containsExactly("checkpoint_step1.pt");
  }

  @Test
  void reportsAMissingArchive() {
    assertThatThrownBy(() -> scan(folder.resolve("none")))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessage("Cannot find archive: " + folder.resolve("none"));
  }

  // S3 lists at most 1,000 keys a page.
  @Test
  @Tag("system")
  void readsAllPagesOfS3() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "a");
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      server.put(file, "runs/run/checkpoint_step1.pt");
      for (int step = 2; step <= 1001; step++) {
        server.link(
            "runs/run/checkpoint_step1.pt", "runs/run/checkpoint_step%d.pt".formatted(step));
      }
      server.drainRequests();
      Archive archive = scan(server.hadoop(), server.uri("runs"));
      assertThat(archive.checkpoints())
          .extracting(CheckpointFile::step)
          .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, 1001).boxed().toList());
      assertThat(server.drainRequests()).hasSizeBetween(2, 5);
    }
  }

  // As `hadoop credential create` writes it.
  @Test
  @Tag("system")
  void readsS3CredentialsFromACredentialStore() throws Exception {
    Files.createDirectories(folder.resolve("runs/run"));
    Files.createFile(folder.resolve("runs/run/checkpoint_step1.pt"));
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      server.put(folder.resolve("runs"), "runs");
      Configuration hadoop = new Configuration();
      server.place().forEach(hadoop::set);
      hadoop.set(
          CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH,
          "localjceks://file" + folder.resolve("s3.jceks"));
      CredentialProvider store = CredentialProviderFactory.getProviders(hadoop).get(0);
      store.createCredentialEntry("fs.s3a.access.key", S3Server.ACCESS_KEY.toCharArray());
      store.createCredentialEntry("fs.s3a.secret.key", S3Server.SECRET_KEY.toCharArray());
      store.flush();
      assertThat(scan(hadoop, server.uri("runs")).checkpoints()).hasSize(1);
    }
  }

  @Test
  @Tag("system")
  void hidesS3CredentialsInErrors() throws Exception {
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      Configuration hadoop = server.hadoop();
      hadoop.set("fs.s3a.secret.key", "qtrace-test-wrong-secret");
      assertThatThrownBy(() -> scan(hadoop, server.uri("runs")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(server.uri("runs"))
          .extracting(Throwables::getStackTrace)
          .asString()
          .contains("403")
          .doesNotContain(S3Server.ACCESS_KEY, "qtrace-test-wrong-secret");
    }
  }

  @Test
  void doesNotFollowLinksOutOfTheArchive() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/run"));
    Files.write(elsewhere.resolve("checkpoint_step1.pt"), new byte[1]);
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    Path root = run.getParent();
    Files.write(run.resolve("checkpoint_step1.pt"), new byte[1]);
    Files.createSymbolicLink(run.resolve("loop"), root);
    Files.createSymbolicLink(root.resolve("again"), run);
    Files.createSymbolicLink(root.resolve("away"), elsewhere);
    Files.createSymbolicLink(root.resolve("proc"), Path.of("/proc"));
    Files.createSymbolicLink(run.resolve("best.pt"), elsewhere.resolve("checkpoint_step1.pt"));
    Files.createSymbolicLink(run.resolve("config.json"), Path.of("/dev/zero"));

    Archive archive = scan(root);

    assertThat(archive.checkpoints())
        .extracting(CheckpointFile::path)
        .containsExactly("run/checkpoint_step1.pt");
    assertThat(archive.runs().get(0).config()).isEqualTo(RunConfig.NONE);
    assertThat(archive.skipped())
        .containsExactlyInAnyOrder(
            new SkippedFolder("again", "a link to a folder that is listed elsewhere"),
            new SkippedFolder("run/loop", "a link to a folder that is listed elsewhere"),
            new SkippedFolder("away", OUTSIDE, true),
            new SkippedFolder("proc", OUTSIDE, true),
            new SkippedFolder("run/best.pt", OUTSIDE, true),
            new SkippedFolder("run/config.json", OUTSIDE, true));
  }

  @Test
  void followsLinksOutOfTheArchiveIfSettingsAllow() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.write(elsewhere.resolve("checkpoint_step1.pt"), new byte[1]);
    Files.createSymbolicLink(elsewhere.resolve("loop"), elsewhere);
    Path root = Files.createDirectories(folder.resolve("archive"));
    Files.createSymbolicLink(root.resolve("away"), elsewhere);
    ArchiveLayout inside = Settings.load(Optional.empty()).archive();
    ArchiveLayout anywhere =
        new ArchiveLayout(inside.checkpoints(), inside.exclude(), inside.roles(), true);
    assertThat(
            new ArchiveScan(new ObjectStore(new Configuration()), anywhere)
                .scan(root.toString())
                .checkpoints())
        .extracting(CheckpointFile::path)
        .containsExactly("away/checkpoint_step1.pt");
  }

  @Test
  void skipsIndexesWithShardsOutsideTheArchive() throws Exception {
    Path shard = Files.write(folder.resolve("model-00001-of-00001.safetensors"), new byte[1]);
    Path run = Files.createDirectories(folder.resolve("my archive/50%"));
    Files.createSymbolicLink(run.resolve(shard.getFileName()), shard);
    Files.writeString(
        run.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a\": \"%s\"}}".formatted(shard.getFileName()));
    Archive archive = scan(run.getParent());
    assertThat(archive.checkpoints()).isEmpty();
    assertThat(archive.skipped())
        .contains(
            new SkippedFolder(
                "50%/model.safetensors.index.json",
                "an index with a shard that is a link out of the archive", true));
  }

  @Test
  void doesNotOpenPipes() throws Exception {
    Path pipe = folder.resolve("checkpoint_step1.pt");
    Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(mkfifo.waitFor()).isZero();
    assertThat(scan(folder).skipped())
        .containsExactly(
            new SkippedFolder("checkpoint_step1.pt", "a pipe, socket or device, not a file"));
    assertThatThrownBy(() -> new ObjectStore(new Configuration()).open(pipe.toString()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Unsupported file: a pipe, socket or device");
  }

  private static Archive scan(Path root) throws IOException {
    return scan(new Configuration(), root.toString());
  }

  private static Archive scan(Configuration hadoop, String root) throws IOException {
    return new ArchiveScan(new ObjectStore(hadoop), Settings.load(Optional.empty()).archive())
        .scan(root);
  }
}
