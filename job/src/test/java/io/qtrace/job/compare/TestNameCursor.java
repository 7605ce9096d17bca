package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestNameCursor {
  @ParameterizedTest
  @ValueSource(strings = {"a b c", "a c b", "a x b c", "b c", "c a", "x y", ""})
  void findsWhatTheMapHas(String asked) {
    Map<String, String> map = new LinkedHashMap<>();
    List.of("a", "b", "c").forEach(name -> map.put(name, name + " of the map"));
    NameCursor<String> cursor = new NameCursor<>(map);

    assertThat(Arrays.stream(asked.split(" ")))
        .allSatisfy(
            name -> assertThat(cursor.find(name)).isEqualTo(Optional.ofNullable(map.get(name))));
  }
}
