package io.qtrace.job.archive;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.hadoop.fs.GlobPattern;

/** The patterns of an {@link ArchiveLayout}, compiled. */
public final class CheckpointNames {
  /** What a file name states. */
  public record Named(Role role, long step) {}

  private static final Pattern STEP_FOLDER =
      Pattern.compile("(?:.*/)?(?:checkpoint|global_step|step|epoch)[-_]?(\\d+)");

  // A step next to an epoch is what counts.
  private static final Pattern EPOCH = Pattern.compile(".*epoch[-_=]?\\d+(?!.*step).*");

  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\.\\w+");

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

  /** Whether a file name is that of a shard, in the form that Hugging Face uses. */
  boolean isShard(String fileName) {
    return SHARD.matcher(fileName).matches();
  }

  /** Whether a file name is that of an index of shards. */
  boolean isIndex(String fileName) {
    return fileName.endsWith(".index.json");
  }

  /** The folder of the run that a folder belongs to: some trainers make a folder for each step. */
  String run(String folder) {
    return STEP_FOLDER.matcher(folder).matches()
        ? folder.substring(0, Math.max(folder.lastIndexOf('/'), 0))
        : folder;
  }

  /** What the name of a checkpoint states, or else that of its folder. */
  Named name(String fileName, String folder) {
    Named named = name(fileName);
    Matcher step = STEP_FOLDER.matcher(folder);
    return named.role() == Role.OTHER && step.matches() ? new Named(Role.STEP, step(step)) : named;
  }

  /** What the name of a checkpoint states. */
  public Named name(String fileName) {
    for (Map.Entry<Role, Pattern> role : roles.entrySet()) {
      Matcher matcher = role.getValue().matcher(fileName);
      if (matcher.matches()) {
        return new Named(role.getKey(), step(matcher));
      }
    }
    return new Named(Role.OTHER, CheckpointFile.NO_STEP);
  }

  /**
   * The optimizer steps that the path of a checkpoint states, by its name or that of its folder.
   */
  public OptionalLong optimizerSteps(String path) {
    int slash = path.lastIndexOf('/');
    Named named = name(path.substring(slash + 1), path.substring(0, Math.max(slash, 0)));
    return optimizerSteps(path, named.role(), named.step());
  }

  /** The same where its role and step have been read; an epoch is many optimizer steps. */
  static OptionalLong optimizerSteps(String path, Role role, long step) {
    return role == Role.STEP && step != CheckpointFile.NO_STEP && !EPOCH.matcher(path).matches()
        ? OptionalLong.of(step)
        : OptionalLong.empty();
  }

  private static long step(Matcher matcher) {
    for (int group = 1; group <= matcher.groupCount(); group++) {
      if (matcher.group(group) != null && matcher.group(group).matches("\\d{1,18}")) {
        return Long.parseLong(matcher.group(group));
      }
    }
    return CheckpointFile.NO_STEP;
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
