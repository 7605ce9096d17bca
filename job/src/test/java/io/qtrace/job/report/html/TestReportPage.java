package io.qtrace.job.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class TestReportPage {
  private static final String HOSTILE =
      "</script><script>alert(1)</script>\"'`<!--{{archive}}\u0000\u202e\n" + "x".repeat(3000);

  @Test
  void namesAreOnlyInData() throws IOException {
    String page = ReportPage.of(SyntheticReport.of(2, 3, 2, name -> name + HOSTILE));

    assertThat(page).doesNotContain("alert(1)</script>", "<script>alert", "\u0000", "\u202e");
    String archive = inElement(page, "Archive <bdi>(.*?)</bdi>");
    assertThat(archive).startsWith("file:/archive/&lt;/script&gt;&lt;script&gt;alert(1)");
    JsonNode texts =
        new ObjectMapper().readTree(inElement(page, "id=\"summary\">(.*?)</script>")).get("texts");
    assertThat(texts.toString())
        .contains("run000</script><script>alert(1)</script>")
        .contains("\\\\u0000\\\\u202e\\\\n", "x".repeat(3000));
  }

  @Test
  void onlyItsOwnScriptsAndStylesMayRun() throws Exception {
    String page = ReportPage.of(SyntheticReport.of(1, 2, 1, UnaryOperator.identity()));
    String policy =
        inElement(page, "Content-Security-Policy\" content=\"(.*?)\"")
            .replace("&#39;", "'")
            .replace("&#x3D;", "=");

    assertThat(policy)
        .startsWith("default-src 'none'; ")
        .doesNotContain("unsafe", "http", "*")
        .endsWith("img-src data:; base-uri 'none'; form-action 'none'");
    List<String> code = all(page, "<(?:script|style)>(.*?)</(?:script|style)>");
    assertThat(code).hasSize(11);
    for (String text : code) {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      assertThat(policy).contains("'sha256-" + Base64.getEncoder().encodeToString(hash) + "'");
    }
    String markup = page.replaceAll("(?s)<(script|style)[ >].*?</\\1>", "");
    assertThat(markup).doesNotContainPattern("<[^>]* (on[a-z]+|style|src)=").contains("MIT");
  }

  @Test
  void fitsTenMegabytesWithTwoThousandCheckpoints() throws IOException {
    ReportData data = SyntheticReport.of(100, 20, 14, UnaryOperator.identity());
    String page = ReportPage.of(data);

    assertThat(data.of(Picture.CHECKPOINTS).rows()).hasSize(2001);
    assertThat(page.length()).isLessThan(10_000_000);
    JsonNode details = details(page);
    assertThat(details.at("/cells/columns/share")).hasSize(Picture.CELLS.most());
    assertThat(details.at("/cells/total").asInt()).isEqualTo(2000 * 2 * 98);
  }

  @Test
  void verdictMatchesTheScope() {
    ReportData whole = SyntheticReport.of(2, 3, 1, UnaryOperator.identity());
    assertThat(VerdictSentence.of(whole).sentence())
        .isEqualTo("1 of 6 edges violates the policy, 1 finding");
    assertThat(VerdictSentence.of(whole).reason()).isEqualTo("run001: 1 _Q is stale");
  }

  @Test
  void literalsCanHoldAnyText() {
    assertThat(SqlText.literal("a'b\\c\nd\u202e")).isEqualTo("'a\\'b\\\\c\\u000ad\\u202e'");
  }

  @Test
  void refusesHalfAPairAndARunOfAPair() {
    assertThatThrownBy(() -> selection(Optional.empty(), "left"))
        .hasMessage("Invalid pair: one checkpoint, expected LEFT and RIGHT");
    assertThatThrownBy(() -> selection(Optional.of("run"), "left", "right"))
        .hasMessage("Invalid options: --run with a pair, expected one of them");
  }

  private static ReportSelection selection(Optional<String> run, String... pair) {
    return new ReportSelection(Optional.empty(), Optional.empty(), run, List.of(pair));
  }

  private static JsonNode details(String page) throws IOException {
    byte[] packed = Base64.getDecoder().decode(inElement(page, "id=\"details\">(.*?)</script>"));
    return new ObjectMapper().readTree(new GZIPInputStream(new ByteArrayInputStream(packed)));
  }

  private static String inElement(String page, String pattern) {
    return all(page, pattern).get(0);
  }

  private static List<String> all(String page, String pattern) {
    return Pattern.compile(pattern, Pattern.DOTALL)
        .matcher(page)
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }
}
