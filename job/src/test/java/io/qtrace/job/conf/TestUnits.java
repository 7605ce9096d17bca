package io.qtrace.job.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.qtrace.job.Processes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Units and manifests of {@code conf/nightly}, as the tools say that would read them. */
class TestUnits {
  private static final Path FOLDER = Path.of("../conf/nightly");
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  @EnabledIf("hasSystemd")
  void systemdTakesTheUnits() throws IOException, InterruptedException {
    Processes.Ended verified = verify(unit("qtrace-audit.service"), unit("qtrace-audit.timer"));
    assertThat(verified.out() + verified.err()).isEmpty();
    assertThat(verified.status()).isZero();
    Path bad = unit("qtrace-audit.service");
    Files.writeString(bad, Files.readString(bad).replace("Type=oneshot", "Typ=oneshot"));
    assertThat(verify(bad).err()).contains("Unknown key 'Typ'");
  }

  @Test
  @EnabledIf("hasSystemd")
  void systemdKnowsTheTime() throws IOException, InterruptedException {
    String timer = Files.readString(FOLDER.resolve("qtrace-audit.timer"));
    String calendar = timer.replaceAll("(?s).*OnCalendar=(.*?)\n.*", "$1");
    assertThat(Processes.output("systemd-analyze", "calendar", calendar))
        .contains("Normalized form: *-*-* 02:30:00");
  }

  @Test
  void cronLineIsFiveFieldsAndTheScript() throws IOException {
    List<String> lines =
        Files.readAllLines(FOLDER.resolve("crontab")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertThat(lines)
        .singleElement()
        .asString()
        .matches("([\\d*]+ ){5}/opt/qtrace/scripts/nightly-audit\\.sh /etc/qtrace/nightly\\.env");
  }

  @Test
  void kubernetesTakesTheCronJob() throws IOException {
    ObjectNode manifest = yaml("cronjob.yaml");
    V1CronJob.validateJsonElement(JsonParser.parseString(manifest.toString()));
    ((ObjectNode) manifest.at("/spec/jobTemplate/spec")).put("backofLimit", 0);
    assertThatThrownBy(
            () -> V1CronJob.validateJsonElement(JsonParser.parseString(manifest.toString())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("backofLimit");
  }

  // There is no package with the operator's schema: what it shares with the CronJob and the
  // command.
  @Test
  void sparkApplicationRunsTheSameCommandAtTheSameTime() throws IOException {
    ObjectNode manifest = yaml("scheduledsparkapplication.yaml");
    assertThat(manifest.at("/apiVersion").asText()).isEqualTo("sparkoperator.k8s.io/v1beta2");
    assertThat(manifest.at("/kind").asText()).isEqualTo("ScheduledSparkApplication");
    assertThat(manifest.at("/spec/schedule")).isEqualTo(yaml("cronjob.yaml").at("/spec/schedule"));
    assertThat(manifest.at("/spec/template/arguments/0").asText()).isEqualTo("audit");
    assertThat(manifest.at("/spec/template/mainClass").asText())
        .isEqualTo("io.qtrace.job.cli.Main");
  }

  @Test
  void settingsAreOnesThatTheScriptKnows() throws IOException, InterruptedException {
    String help = Processes.output(ROOT + "/scripts/nightly-audit.sh", "--help");
    assertThat(Pattern.compile("QTRACE_[A-Z]+(?==)").matcher(nightly("nightly.env")).results())
        .isNotEmpty()
        .allSatisfy(setting -> assertThat(help).contains("  " + setting.group() + " "));
  }

  static boolean hasSystemd() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "systemd-analyze")));
  }

  private static String nightly(String file) throws IOException {
    return Files.readString(FOLDER.resolve(file));
  }

  private static ObjectNode yaml(String file) throws IOException {
    return (ObjectNode) new ObjectMapper(new YAMLFactory()).readTree(nightly(file));
  }

  // With this checkout where it would be installed, and a user that there is.
  private Path unit(String name) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        nightly(name).replace("/opt/qtrace/", ROOT + "/").replace("User=qtrace", "User=root"));
  }

  private static Processes.Ended verify(Path... units) throws IOException, InterruptedException {
    ProcessBuilder verify = new ProcessBuilder("systemd-analyze", "verify", "--man=no");
    for (Path unit : units) {
      verify.command().add(unit.toString());
    }
    return Processes.run(verify);
  }
}
