package io.qtrace.job.cli;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds passwords and keys in the arguments of a process, which all users of the machine can read.
 */
final class SecretArguments {
  private static final Pattern SETTING = Pattern.compile("(?:-D)?(spark\\.[^=\\s]+)=(.*)");
  private static final Pattern URI =
      Pattern.compile("(s3[an]?)://[^/]*[:@].*|([A-Za-z][A-Za-z0-9+.-]*)://[^/@\\s]*:[^/\\s]*@.*");

  private static final String S3 =
      "put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into the environment, or name a Hadoop"
          + " credential store with spark.hadoop.hadoop.security.credential.provider.path";

  private SecretArguments() {}

  /** A message about the first secret among the arguments; it does not contain the secret. */
  static Optional<String> complaint(List<String> words) {
    return words.stream().flatMap(word -> complaint(word).stream()).findFirst();
  }

  /** Arguments of this process: JVM options, and those of spark-submit. */
  static List<String> ofProcess() {
    List<String> words = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
    words.addAll(List.of(System.getProperty("sun.java.command", "").split(" ")));
    return words;
  }

  private static Optional<String> complaint(String word) {
    Matcher setting = SETTING.matcher(word);
    if (setting.matches()) {
      String key = setting.group(1);
      boolean isSecret = !setting.group(2).startsWith("env:") && !Secrets.hidden(word).equals(word);
      return isSecret
          ? Optional.of(
              "Invalid argument: %s=***, expected no secret on a command line: %s"
                  .formatted(key, provider(key)))
          : Optional.empty();
    }
    Matcher uri = URI.matcher(word);
    if (uri.matches()) {
      boolean isS3 = uri.group(1) != null;
      return Optional.of(
          "Invalid argument: %s://... contains credentials; %s"
              .formatted(
                  isS3 ? uri.group(1) : uri.group(2),
                  isS3 ? S3 : "use Hadoop credential providers instead"));
    }
    return Optional.empty();
  }

  private static String provider(String key) {
    if (key.contains("fs.s3a")) {
      return S3;
    }
    if (key.startsWith("spark.hadoop.")) {
      return "name a Hadoop credential store with"
          + " spark.hadoop.hadoop.security.credential.provider.path";
    }
    if (key.endsWith(".uri") || key.contains("jdbc")) {
      return "PostgreSQL takes the password from ~/.pgpass or the file that PGPASSFILE names";
    }
    return "give it as env:NAME, taken from the environment, or in a --properties-file that only"
        + " its owner can read";
  }
}
