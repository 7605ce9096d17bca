package io.qtrace.job.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.Browser;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.DefaultAudit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Reports in Chromium: of the sample archive's audit, of a large archive, and of hostile names. */
@Tag("system")
class TestReportInBrowser {
  private static final Path SCREENSHOTS = Path.of("target/report").toAbsolutePath();
  private static final String BAD = "runs/bug_q_drift/checkpoint_step20.pt";
  private static final String FROM = "runs/debug_lut_training/checkpoint_step20.pt";

  @TempDir static Path folder;
  private static SparkSession spark;
  private static AuditReport audit;
  private static Path sample;
  private static Browser browser;

  @BeforeAll
  static void auditTheSample() throws IOException {
    spark = LocalSpark.session(folder.resolve("tables"));
    audit = DefaultAudit.of(spark).run(Sample.ARCHIVE.toString(), List.of());
    sample = folder.resolve("report.html");
    HtmlReport.Written written =
        HtmlReport.write(spark, ReportSelection.ofAudit(audit.auditId()), sample.toString());
    assertThat(written.verdict()).isEqualTo("VIOLATION");
    assertThat(written.sentence()).isEqualTo("2 of 23 edges violate the policy, 4 findings");
    browser = Browser.start(Files.createDirectory(folder.resolve("profile")));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @Test
  void columnsAreThoseThatThePageReads() {
    ReportData data = ReportData.of(spark, ReportSelection.ofAudit(audit.auditId()).find(spark));
    for (Picture picture : Picture.values()) {
      assertThat(columns(data.of(picture).schema()))
          .as(picture.label())
          .isEqualTo(columns(StructType.fromDDL(SyntheticReport.COLUMNS.get(picture))));
      assertThat(data.of(picture).sql()).endsWith("\nLIMIT " + picture.most());
    }
    assertThat(data.of(Picture.EDGES).total()).isEqualTo(audit.edges().size());
    assertThat(data.of(Picture.CHECKPOINTS).total()).isEqualTo(audit.size().checkpoints());
    assertThat(data.of(Picture.FINDINGS).total()).isEqualTo(audit.findingCount());
  }

  private static List<String> columns(StructType schema) {
    return Stream.of(schema.fields())
        .map(field -> field.name() + " " + field.dataType().sql())
        .toList();
  }

  @Test
  void showsARunOrAPairAlone() {
    ReportScope run = scope(Optional.of("bug_q_drift"));
    assertThat(spark.sql(run.edges()).select("parent_path", "child_path").collectAsList())
        .extracting(edge -> edge.getString(0) + " " + edge.getString(1))
        .containsExactlyInAnyOrder(
            FROM + " " + BAD, "runs/sr011-q4a4-FP4-init/v2_initial.pt " + BAD);

    ReportData pair =
        ReportData.of(spark, scope(Optional.empty(), FROM, Sample.ARCHIVE.resolve(BAD).toString()));
    assertThat(VerdictSentence.of(pair).sentence())
        .isEqualTo("1 of 1 edge violates the policy, 3 findings");
    assertThat(pair.of(Picture.CHECKPOINTS).column("path", String.class))
        .containsExactlyInAnyOrder(BAD, FROM);
    assertThat(pair.of(Picture.Q_CHANGES).column("layer", String.class))
        .containsExactly("model.layers.0.self_attn.k_proj", "model.layers.0.self_attn.o_proj");

    assertThatThrownBy(() -> scope(Optional.of("bug"))).hasMessageStartingWith("Cannot find run: ");
    assertThatThrownBy(() -> scope(Optional.empty(), BAD, FROM))
        .hasMessageStartingWith("Cannot find pair: the audit has no edge from LEFT to RIGHT");
    assertThatThrownBy(() -> ReportSelection.ofAudit("it's none").find(spark))
        .hasMessageStartingWith("Cannot find audit: the tables have none of that ID");
  }

  private static ReportScope scope(Optional<String> run, String... pair) {
    return new ReportSelection(
            Optional.of(Sample.ARCHIVE.toString()), Optional.empty(), run, List.of(pair))
        .find(spark);
  }

  @Test
  void showsTheSampleInBothThemesAndOnAPhone() throws IOException {
    browser.resize(1280, 900);
    browser.open(sample);
    assertThat(browser.find("h1").getText())
        .contains("VIOLATION", "2 of 23 edges violate the policy, 4 findings");
    assertThat(browser.find(".reason").getText()).startsWith(BAD + ": 1 _Q off the LUT grid");
    assertThat(browser.all("#facts dd"))
        .extracting(WebElement::getText)
        .startsWith("8", "17", "23", "2", "4");
    assertThat(browser.all("#findings tbody tr")).hasSize(4);
    assertThat(browser.all("#runs tbody tr")).hasSize(7);
    assertThat(browser.all("svg.graph .node")).hasSize(17);
    assertThat(browser.all("svg.graph .link")).hasSize(23);
    assertThat(browser.all("svg.graph .link.bad")).hasSize(2);

    unfold();
    assertThat(browser.find("#cells canvas").getDomAttribute("data-cells")).isEqualTo("2");
    assertThat(browser.find("#q_changes canvas").getDomAttribute("data-cells")).isEqualTo("14");
    assertThat(browser.all("#luts figcaption"))
        .extracting(WebElement::getText)
        .hasSize(3)
        .startsWith("Stored LUT", "Deltas")
        .last()
        .asString()
        .startsWith("_indices by LUT entry\n");
    assertThat(browser.all("#scales figcaption"))
        .extracting(WebElement::getText)
        .containsExactly(
            "L2 norm of rank_magnitude",
            "L2 norm of scale_A",
            "L2 norm of scale_B",
            "Mean of the elements",
            "Largest |element|");
    assertThat(browser.all("#scales figure:first-of-type .u-series"))
        .extracting(WebElement::getText)
        .containsExactly("step", "MLP", "attention");
    assertThat(browser.all("#cells-edge option")).hasSizeGreaterThan(10);

    for (String theme : List.of("light", "dark")) {
      if (theme.equals("dark")) {
        browser.find("#theme").click();
        assertThat(browser.find("#theme").getDomAttribute("aria-pressed")).isEqualTo("true");
        assertThat(browser.run("return getComputedStyle(document.body).backgroundColor"))
            .isEqualTo("rgb(17, 21, 28)");
      }
      screenshots("sample-" + theme, 1280);
      screenshots("phone-" + theme, 400);
      assertThat(browser.run("return document.documentElement.scrollWidth")).isEqualTo(400L);
      assertQuiet();
      assertNothingSerious();
      browser.console(); // what axe leaves there
    }
  }

  @Test
  void answersTheMouseTheKeyboardAndASearch() throws IOException {
    browser.resize(1280, 900);
    browser.open(sample);
    unfold();

    WebElement heat = browser.find("#cells canvas");
    browser.run("arguments[0].scrollIntoView({block: 'center'})", heat);
    heat.sendKeys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    assertThat(browser.find("#cells .said").getText())
        .isEqualTo(
            "layer 0 · self_attn.k_proj: CHANGED, 1 tensor; 100% of elements, max |a-b| 0.03946; UNEXPLAINED");
    browser.hover(heat, heat.getSize().getWidth() / 2, heat.getSize().getHeight() - 12);
    assertThat(browser.find("#cells .said").getText()).startsWith("layer 1 · ");

    browser.run("document.getElementById('lineage').scrollIntoView()");
    WebElement first = browser.find("svg.graph [tabindex='0']");
    browser.run("arguments[0].focus()", first);
    browser.press(Keys.ARROW_RIGHT);
    browser.press(Keys.ARROW_RIGHT);
    assertThat(browser.run("return document.activeElement.getAttribute('aria-label')"))
        .isEqualTo("checkpoint runs/sr011-q4a4-FP4-init/v2_initial.pt");
    browser.press(Keys.ENTER);
    browser.waitFor(
        "return document.querySelector('#panel:not([hidden]) h3')?.textContent", String.class);
    assertThat(browser.find("#panel").getText()).contains("Checkpoint", "initial", "123 tensors");

    browser.run(
        "document.querySelector(\".link.bad[aria-label^='unknown']\").dispatchEvent(new MouseEvent('click', {bubbles: true}))");
    browser.waitFor(
        "return document.querySelector('#panel h3 .VIOLATION') && document.querySelector('#panel table')",
        Object.class);
    assertThat(browser.find("#panel").getText())
        .contains(
            "q-off-grid", "q-stale", "UNEXPLAINED", "PROVED", "134 tensors identical", "1,029");
    browser.find("#panel p:last-child button").click();
    browser.waitFor("return document.activeElement.id === 'cells-edge' || null", Boolean.class);
    assertThat(browser.find("#cells-edge").getDomProperty("value")).isNotEmpty();
    browser.run("document.activeElement.blur()");

    browser.press("/");
    WebElement search = browser.find("#search");
    assertThat(search.getDomProperty("value")).isEmpty();
    search.sendKeys("baked_step200");
    assertThat(
            browser.waitFor(
                "return document.getElementById('found').textContent || null", String.class))
        .contains("1 in lineage", "1 in checkpoints");
    assertThat(browser.all(".node.hit-by-search")).hasSize(1);

    WebElement sql = browser.find("#runs .sql");
    browser.run("arguments[0].open = true", sql);
    String statements = sql.findElement(By.tagName("pre")).getText();
    List<String> parts = Stream.of(statements.split(";\\s*")).toList();
    parts.forEach(statement -> assertThat(spark.sql(statement)).isNotNull());
    assertThat(spark.sql(parts.get(1)).count()).isEqualTo(7);
    spark.sql("UNCACHE TABLE shown");
    spark.catalog().dropTempView("shown");
    assertQuiet();
  }

  @Test
  void opensALargeArchiveAndFoldsIt() throws IOException {
    Path file = page(SyntheticReport.of(100, 20, 14, UnaryOperator.identity()), "large.html");
    browser.resize(1280, 900);
    long opened = browser.open(file);
    System.out.printf(
        "2,001 checkpoints: %,d bytes, drawn after %d ms%n", Files.size(file), opened);
    assertThat(browser.all("svg.graph .node")).hasSizeBetween(100, 400);
    assertThat(browser.all("#edges tbody tr")).hasSizeLessThan(100);
    assertThat(browser.find("#edges table").getDomAttribute("aria-rowcount")).isEqualTo("2001");
    unfold();
    assertThat(browser.find("#cells .about:last-of-type").getText()).contains("more edges");
    screenshots("large", 1280);
    assertQuiet();
  }

  @Test
  void hostileNamesAreText() throws IOException {
    String hostile =
        "<script>alert(1)</script><img src=x onerror=alert(2)>\"'\u0000\u202e\u05e9\u05dc\u05d5\u05dd "
            + "x".repeat(3000);
    Path file = page(SyntheticReport.of(3, 4, 2, name -> name + hostile), "hostile.html");
    browser.resize(1280, 900);
    browser.open(file);
    unfold();
    assertThat(browser.find(".archive").getText()).contains("<script>alert(1)</script>");
    assertThat(browser.run("return document.querySelectorAll('img').length")).isEqualTo(0L);
    assertThat((String) browser.run("return document.getElementById('runs').textContent"))
        .contains("run000<script>alert(1)</scri…");
    browser.find("#runs .cut").click();
    assertThat(browser.find("#runs .cut").getText()).endsWith("x".repeat(100));
    screenshots("hostile", 1280);
    browser.resize(400, 900);
    assertThat(browser.run("return document.documentElement.scrollWidth")).isEqualTo(400L);
    assertQuiet();
  }

  private static Path page(ReportData data, String name) throws IOException {
    return Files.writeString(folder.resolve(name), ReportPage.of(data));
  }

  // What is drawn only when it gets into view.
  private static void unfold() {
    for (String id : List.of("cells", "q_changes", "luts", "tensors")) {
      browser.run("document.getElementById(arguments[0]).scrollIntoView()", id);
      browser.waitFor("return document.querySelector('#" + id + " .sql')", Object.class);
    }
    browser.run("scrollTo(0, 0)");
  }

  private static void screenshots(String name, int width) throws IOException {
    browser.resize(width, 900);
    browser.screenshot(SCREENSHOTS.resolve(name + ".png"));
    for (String part : List.of("lineage", "cells", "luts", "scales")) {
      browser.run("document.getElementById(arguments[0]).scrollIntoView()", part);
      browser.runLater("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
      browser.screenshot(SCREENSHOTS.resolve(name + "-" + part + ".png"));
    }
    browser.run("scrollTo(0, 0)");
  }

  private static void assertNothingSerious() throws IOException {
    try (InputStream axe =
        TestReportInBrowser.class.getResourceAsStream(
            "/META-INF/resources/webjars/axe-core/%s/axe.min.js".formatted(axeVersion()))) {
      browser.run(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    Object found =
        browser.runLater(
            """
            const done = arguments[0];
            axe.run(document, {resultTypes: ['violations']}).then(result => done(result.violations
              .filter(one => ['serious', 'critical'].includes(one.impact))
              .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 200) + ' ' + node.failureSummary).join('; '))));
            """);
    assertThat((List<?>) found).isEmpty();
  }

  private static String axeVersion() throws IOException {
    try (InputStream in =
        TestReportInBrowser.class.getResourceAsStream(
            "/META-INF/maven/org.webjars.npm/axe-core/pom.properties")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("version="))
          .map(line -> line.substring(8).strip())
          .collect(Collectors.joining());
    }
  }

  // Nothing on the console, and no request but for the files that were opened.
  private static void assertQuiet() throws IOException {
    assertThat(browser.console()).isEmpty();
    assertThat(browser.requests()).allMatch(url -> url.startsWith("file:"));
  }
}
