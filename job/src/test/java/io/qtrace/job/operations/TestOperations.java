package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.policy.EdgeKind;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestOperations {
  // Their examples are the files that the recipe's own tools wrote: TestRewrites.
  private static final List<Class<?>> OF_FILES =
      List.of(
          Snap.class,
          ReplaceLut.class,
          Adapter.class,
          MergeLora.class,
          Quantize.class,
          Convert.class,
          Dequantize.class,
          HardQuantize.class,
          Rescale.class);

  @Test
  void everyKnownOperationConforms() throws Exception {
    List<Class<?>> tested = new ArrayList<>();
    for (Class<?> type : testClasses()) {
      if (OperationConformance.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())) {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        OperationConformance conformance = (OperationConformance) constructor.newInstance();
        assertThat(conformance.examples()).as(type.getName()).isNotEmpty();
        tested.add(conformance.operation().getClass());
      }
    }
    tested.addAll(OF_FILES);
    tested.add(Graft.class); // of two parents: TestGraft
    tested.add(Average.class); // of several: TestAverage
    assertThat(tested)
        .containsExactlyInAnyOrderElementsOf(
            Operations.KNOWN.all().stream()
                .<Class<?>>map(operation -> operation.getClass())
                .toList());
  }

  // Of two checkpoints with the same weights, only the scales show which one was converted.
  @Test
  void operationsThatRecomputeWholeTensorsAreProvedByData() {
    assertThat(Operations.KNOWN.provedByData())
        .contains(Convert.KIND, Dequantize.KIND, Requantize.KIND, Rescale.KIND, Quantize.KIND);
  }

  private static List<Class<?>> testClasses()
      throws IOException, URISyntaxException, ClassNotFoundException {
    Path folder = Path.of(OperationConformance.class.getResource("").toURI());
    List<Class<?>> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("Test") && name.endsWith(".class")) {
          String simple = name.substring(0, name.length() - ".class".length());
          classes.add(Class.forName(TestOperations.class.getPackageName() + "." + simple));
        }
      }
    }
    return classes;
  }

  @Test
  void kindsAreDifferentAndEndWithUnknown() {
    assertThat(Operations.KNOWN.kinds())
        .doesNotHaveDuplicates()
        .hasSize(Operations.KNOWN.all().size() + 1)
        .last()
        .isEqualTo(EdgeKind.UNKNOWN);
  }

  @Test
  void thePolicyThatComesWithQtraceCoversAll() {
    Operations.KNOWN.check(ArrayCheckpoint.POLICY);
  }
}
