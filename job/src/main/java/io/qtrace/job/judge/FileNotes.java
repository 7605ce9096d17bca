package io.qtrace.job.judge;

import java.util.ArrayList;
import java.util.List;

/** Notes about what was read in another way than two files state, and in which of them. */
public final class FileNotes {
  private FileNotes() {}

  /**
   * One sentence each, those about both files once.
   *
   * @param left notes about the left file
   * @param leftName name of the left file for people
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
