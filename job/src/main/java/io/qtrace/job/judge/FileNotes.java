package io.qtrace.job.judge;

import java.util.ArrayList;
import java.util.List;

/** What two files were read otherwise than they say, and which of them. */
public final class FileNotes {
  private FileNotes() {}

  /**
   * One sentence each, those of both once.
   *
   * @param left notes of the one
   * @param leftName how people know it
   */
  public static List<String> of(
      List<String> left, String leftName, List<String> right, String rightName) {
    List<String> notes = new ArrayList<>();
    for (String note : left) {
      String of = right.contains(note) ? leftName + " and " + rightName : leftName;
      notes.add(of + ": " + note);
    }
    right.stream()
        .filter(note -> !left.contains(note))
        .forEach(note -> notes.add(rightName + ": " + note));
    return notes;
  }
}
