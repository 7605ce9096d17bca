package io.qtrace.job.archive;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.hadoop.fs.GlobPattern;

/** The patterns of an {@link ArchiveLayout}, compiled. */
public final class CheckpointNames {
  /** What a file name tells. */
  public record Named(Role role, long step) {}

  private final List<GlobPattern> checkpoints;
  private final List<GlobPattern> exclude;
  private final Map<Role, Pattern> roles = new TreeMap<>();

  public CheckpointNames(ArchiveLayout layout) {
    checkpoints = layout.checkpoints().stream().map(GlobPattern::new).toList();
    exclude = layout.exclude().stream().map(GlobPattern::new).toList();
    layout.roles().forEach((role, regex) -> roles.put(role, compile(role, regex)));
  }

  boolean isCheckpoint(String path) {
    return checkpoints.stream().anyMatch(glob -> glob.matches(path))
        && exclude.stream().noneMatch(glob -> glob.matches(path));
  }

  public Named name(String fileName) {
    for (Map.Entry<Role, Pattern> role : roles.entrySet()) {
      Matcher matcher = role.getValue().matcher(fileName);
      if (matcher.matches()) {
        return new Named(role.getKey(), step(matcher));
      }
    }
    return new Named(Role.OTHER, CheckpointFile.NO_STEP);
  }

  private static long step(Matcher matcher) {
    boolean told = matcher.groupCount() > 0 && matcher.group(1) != null;
    return told && matcher.group(1).matches("\\d{1,18}")
        ? Long.parseLong(matcher.group(1))
        : CheckpointFile.NO_STEP;
  }

  private static Pattern compile(Role role, String regex) {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "Invalid pattern of role %s: %s, %s".formatted(role.label(), regex, e.getDescription()),
          e);
    }
  }
}
