package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TestScalarFallback {
  /** Prints the form that a JVM of its own chooses. */
  static final class PrintForm {
    private PrintForm() {}

    public static void main(String[] arguments) {
      System.out.println("form: " + Forms.fastest().getClass().getSimpleName());
    }
  }

  @Test
  void withoutTheVectorModuleTheVectorFormIsNeverLoaded() throws Exception {
    assertThat(printForm("-Xlog:class+load"))
        .contains("form: ScalarKernels", "io.qtrace.kernel.ScalarKernels source")
        .doesNotContain("VectorKernels");
  }

  @Test
  void withTheVectorModuleTheProcessorDecides() throws Exception {
    String expected = VectorKernels.isFast() ? "form: VectorKernels" : "form: ScalarKernels";
    assertThat(printForm("--add-modules=jdk.incubator.vector")).contains(expected);
  }

  private static String printForm(String option) throws IOException, InterruptedException {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                option,
                "-Xverify:all",
                "-cp",
                System.getProperty("java.class.path"),
                PrintForm.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jvm.waitFor()).as(output).isZero();
    return output;
  }
}
