package io.qtrace.job.report.html;

import com.samskivert.mustache.Mustache;
import io.qtrace.io.SafeText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * The HTML of a report: one file that loads nothing. Its content security policy allows only the
 * scripts and styles whose hashes it lists; data are text that scripts parse, never markup.
 */
final class ReportPage {
  private static final String WEBJARS = "/META-INF/resources/webjars/";

  // A library's code; its licence goes with it.
  private record Library(String name, List<String> scripts, List<String> styles) {
    String file(String path) {
      return resource(WEBJARS + name + "/" + version() + "/" + path);
    }

    private String version() {
      return resource("/META-INF/maven/org.webjars.npm/" + name + "/pom.properties")
          .lines()
          .filter(line -> line.startsWith("version="))
          .findFirst()
          .orElseThrow()
          .substring("version=".length())
          .strip();
    }
  }

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("uplot", List.of("dist/uPlot.iife.min.js"), List.of("dist/uPlot.min.css")),
          new Library("dagre", List.of("dist/dagre.min.js"), List.of()));

  private static final List<String> SCRIPTS =
      List.of("data.js", "text.js", "list.js", "heat.js", "chart.js", "graph.js", "page.js");

  private ReportPage() {}

  static String of(ReportData data) {
    List<String> scripts = new ArrayList<>();
    List<String> styles = new ArrayList<>();
    for (Library library : LIBRARIES) {
      library.scripts().forEach(name -> scripts.add(library.file(name)));
      library.styles().forEach(name -> styles.add(library.file(name)));
    }
    SCRIPTS.forEach(name -> scripts.add(resource(name)));
    styles.add(resource("page.css"));
    VerdictSentence verdict = VerdictSentence.of(data);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("archive", SafeText.cut(data.scope().archive()));
    values.put("verdict", verdict.verdict().name());
    values.put("sentence", verdict.sentence());
    values.put("reason", verdict.reason());
    values.put("policy", policy(scripts, styles));
    values.put("styles", styles);
    values.put("scripts", scripts);
    values.put("summary", data.summary().replace("<", "\\u003c"));
    values.put("details", compressed(data.details()));
    values.put(
        "libraries",
        LIBRARIES.stream()
            .map(library -> Map.of("name", library.name(), "licence", library.file("LICENSE")))
            .toList());
    return Mustache.compiler().compile(resource("page.html")).execute(values);
  }

  private static String policy(List<String> scripts, List<String> styles) {
    return "default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'"
        .formatted(hashes(scripts), hashes(styles));
  }

  private static String hashes(List<String> texts) {
    return texts.stream()
        .map(text -> "'sha256-" + base64(sha256(text.getBytes(StandardCharsets.UTF_8))) + "'")
        .collect(Collectors.joining(" "));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String compressed(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return base64(bytes.toByteArray());
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  // Browsers read line ends as LF before they hash.
  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Cannot find resource: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
