package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.conf.LayeredSettings;
import io.qtrace.job.train.TrainSettings;
import java.io.IOException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class TestTrainOptions {
  private static final Pattern DEFAULT = Pattern.compile("default ([\\w.-]+?)[.:]?(?:\\s|$)");

  @Test
  void helpStatesTheDefaultOfEachSetting() throws IOException {
    LayeredSettings settings = LayeredSettings.of(TrainSettings.RESOURCE);
    List<OptionSpec> options =
        new CommandLine(new TrainCommand())
            .getCommandSpec().options().stream()
                .filter(option -> settings.has(name(option)))
                .filter(option -> !settings.text(name(option)).isEmpty())
                .toList();
    assertThat(options).hasSize(27);
    for (OptionSpec option : options) {
      String help = String.join(" ", option.description());
      assertThat(DEFAULT.matcher(help).results().map(TestTrainOptions::value))
          .as(option.longestName())
          .containsExactly(value(settings.text(name(option))));
    }
  }

  private static String name(OptionSpec option) {
    return option.longestName().substring("--".length());
  }

  private static Object value(MatchResult found) {
    return value(found.group(1));
  }

  // 2e-5 and 2.0E-5 are one number.
  private static Object value(String text) {
    return text.matches("\\d.*") ? (Object) Double.valueOf(text) : text;
  }
}
