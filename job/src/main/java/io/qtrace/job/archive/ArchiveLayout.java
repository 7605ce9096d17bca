package io.qtrace.job.archive;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How to recognise checkpoints in an archive: section {@code archive} of {@code conf/qtrace.yaml}.
 *
 * @param checkpoints globs over paths below the archive's root, {@code *} crossing folders; a file
 *     that matches one is a checkpoint
 * @param exclude globs over paths to leave out, even if they match others
 * @param roles regular expression over the whole file name for each role, tried in the order of
 *     {@link Role}; the first group that matches, if any, is the step
 * @param linksOutside whether links are followed that lead out of the archive
 */
public record ArchiveLayout(
    @JsonProperty(required = true) List<String> checkpoints,
    @JsonProperty(required = true) List<String> exclude,
    @JsonProperty(required = true) Map<Role, String> roles,
    @JsonProperty(value = "links-outside", required = true) boolean linksOutside) {
  public ArchiveLayout {
    checkpoints = List.copyOf(checkpoints);
    exclude = List.copyOf(exclude);
    roles = new TreeMap<>(roles);
  }
}
