package io.qtrace.job.text;

import java.util.ArrayList;
import java.util.List;

/** Sentences in lines that a terminal shows whole. */
public final class Paragraph {
  private static final int WIDTH = 100;

  private Paragraph() {}

  /**
   * The text in lines of at most 100 characters, broken at spaces; a longer word stays whole.
   *
   * @param title what the first line begins with; the others are indented as far
   */
  public static List<String> lines(String title, String text) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder(title);
    boolean empty = true;
    for (String word : text.split(" ")) {
      if (!empty && line.length() + 1 + word.length() > WIDTH) {
        lines.add(line.toString());
        line = new StringBuilder(" ".repeat(title.length()));
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    lines.add(line.toString());
    return lines;
  }
}
