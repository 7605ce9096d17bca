package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values that the notebook prints, each with the label under which {@code diff} has it. */
final class NotebookAnswers {
  // Cell, line with # for the value and ... for what does not matter, label of DiffFacts.
  private static final String QUESTIONS =
      """
      6  | Loading initial checkpoint: # | left
      6  | Total keys: # | Structure / all / left
      6  | LUT keys (.lut): # | Structure / lut / left
      6  | _Q keys: # | Structure / q / left
      6  | _indices keys: # | Structure / indices / left
      6  | Scale keys: # | Structure / scale / left
      6  | _lut_raw_deltas keys: # | Structure / lut_deltas / left
      6  | Captured # _Q hashes | Structure / q / left
      6  | Captured # LUT hashes | Structure / lut / left
      6  | shape: torch.Size(#), dtype: ... | _Q buffers / TENSOR / shape
      6  | shape: ..., dtype: torch.# | _Q buffers / TENSOR / dtype
      6  | hash: # | _Q buffers / TENSOR / md5
      8  | Loading trained checkpoint: # | right
      8  | Loaded # keys | Structure / all / right
      8b | Common keys: # | Comparison / common
      8b | Only in initial: # | Comparison / only left
      8b | Only in trained: # | Comparison / only right
      8b | Unchanged: # tensors | Comparison / unchanged
      8b | Changed: # tensors | Comparison / changed
      8b | New keys in trained (first #): | Comparison / only right, first
      9  | LUT (.lut): # ✗ | Changes by category / lut / changed
      9  | _lut_raw_deltas: # ✗ | Changes by category / lut_deltas / changed
      9  | Scales (A/B/mag): # ✓ | Changes by category / scale / changed
      9  | _Q buffers: # ✓ OK | Changes by category / q / changed
      9  | _indices: # ✓ OK | Changes by category / indices / changed
      9  | Other: # ✓ OK | Changes by category / other / changed
      10 | All # _Q tensors remained unchanged. | _Q buffers / unchanged
      11 | Found # _lut_raw_deltas tensors | LUT training / _lut_raw_deltas tensors
      11 | values: # | LUT training / TENSOR / values
      11 | max_abs: # | LUT training / TENSOR / max_abs
      12 | - LUT values: # changed | LUT training / stored .lut changed
      12 | - LUT deltas: # changed | Changes by category / lut_deltas / changed
      12 | - Scale params: # changed | Changes by category / scale / changed
      12 | - _Q buffers: # changed | _Q buffers / changed
      12 | - _indices: # changed | Changes by category / indices / changed
      12 | - Other: # changed | Changes by category / other / changed
      13 | Input: # | left
      13 | Output: # | right
      13 | Unchanged: # | _Q buffers / unchanged
      13 | Changed: # | _Q buffers / changed
      14 | Unchanged: # | _Q buffers / unchanged
      14 | Changed: # | _Q buffers / changed
      14 | ... already has # different _Q values! | Changes by category / q / changed
      """;

  private static final List<Question> ALL = QUESTIONS.lines().map(Question::of).toList();

  // The only number that no checkpoint holds: the notebook prints its own setting.
  private static final String SETTING = "Training: 20 steps, LUT + scales, from v2_initial.pt";

  private static final String CELL = "##### CELL ";
  private static final Pattern NUMBER = Pattern.compile("(?<![\\w.-])-?\\d+(\\.\\d+)?(?![\\w.-])");
  private static final Pattern TENSOR = Pattern.compile("(model\\.\\S+?):?");

  /**
   * @param line of the notebook, # for the values
   * @param label under which {@code diff} has the value
   */
  record Answer(String cell, String line, String label, String value) {
    Answer withValue(String other) {
      return new Answer(cell, line, label, other);
    }
  }

  private record Question(String cell, String line, String label) {
    static Question of(String row) {
      String[] parts = row.split(" *\\| ");
      return new Question(parts[0], parts[1], parts[2]);
    }

    Optional<Answer> answer(String asked, String tensor, String text) {
      String pattern = "\\Q" + line.replace("#", "\\E(.+)\\Q").replace("...", "\\E.*\\Q") + "\\E";
      Matcher matcher = Pattern.compile(pattern).matcher(text);
      return cell.equals(asked) && matcher.matches()
          ? Optional.of(new Answer(cell, line, label.replace("TENSOR", tensor), matcher.group(1)))
          : Optional.empty();
    }
  }

  private NotebookAnswers() {}

  /** All values; fails if a number of the notebook is in no question, or a question has no line. */
  static List<Answer> read(Path notebook) throws IOException {
    List<Answer> answers = new ArrayList<>();
    Set<String> asked = new HashSet<>();
    String cell = "";
    String tensor = "";
    for (String raw : Files.readAllLines(notebook)) {
      String line = raw.strip().replaceAll("\\s+", " ").replaceFirst("^\\d+\\. ", "");
      if (line.startsWith(CELL)) {
        cell = line.substring(CELL.length());
      } else if (TENSOR.matcher(line).matches()) {
        tensor = line.replace(":", "");
      } else if (!line.equals(SETTING)) {
        int before = answers.size();
        for (Question question : ALL) {
          question.answer(cell, tensor, line).ifPresent(answers::add);
        }
        boolean isNumber = NUMBER.matcher(line).find();
        assertThat(isNumber && answers.size() == before).as("unasked: " + line).isFalse();
      }
    }
    answers.forEach(answer -> asked.add(answer.cell() + answer.line()));
    assertThat(asked).hasSameSizeAs(ALL);
    return answers;
  }
}
