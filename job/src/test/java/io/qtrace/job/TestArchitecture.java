package io.qtrace.job;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.train.TrainSteps;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The boundaries of the packages: who may know what. */
class TestArchitecture {
  private static final JavaClasses QTRACE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("/io/qtrace/shaded/"))
          .importPackages("io.qtrace");

  // From the lowest: a package knows those of lower floors, never another of its own floor.
  private static final List<Set<String>> FLOORS =
      List.of(
          Set.of("io"),
          Set.of("tensor"),
          Set.of("arrow", "lut", "format.pytorch", "format.safetensors"),
          Set.of("kernel", "format"),
          Set.of("compare"),
          Set.of("spark.source"),
          Set.of("spark.functions"),
          Set.of("job.archive", "job.text", "job.progress", "job.train.recipe"),
          Set.of("job.conf", "job.bake", "job.train.data"),
          Set.of("job.compare"),
          Set.of("job.policy"),
          Set.of("job.operations"),
          Set.of("job.judge", "job.parents"),
          Set.of("job.lineage"),
          Set.of("job.audit", "job.train"),
          Set.of("job.report"),
          Set.of("job.experiment", "job.report.html", "job.shell", "job.attest", "job.events"),
          Set.of("job.cli"));

  private record Floor(String name, Set<String> below) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Floor> packages() {
    List<Floor> packages = new ArrayList<>();
    Set<String> below = Set.of();
    for (Set<String> floor : FLOORS) {
      for (String name : floor) {
        packages.add(new Floor(name, below));
      }
      below = Stream.of(below, floor).flatMap(Set::stream).collect(Collectors.toSet());
    }
    return packages.stream();
  }

  @ParameterizedTest
  @MethodSource("packages")
  void packagesDoNotDependOnHigherLayers(Floor floor) {
    List<String> unknown =
        packages()
            .map(Floor::name)
            .filter(name -> !name.equals(floor.name()) && !floor.below().contains(name))
            .toList();
    noClasses()
        .that(resideInAPackage(fullName(floor.name())))
        .should()
        .dependOnClassesThat(resideInAnyPackage(fullNames(unknown)))
        .check(QTRACE);
  }

  @Test
  void everyPackageHasALayer() {
    assertThat(QTRACE.stream().map(type -> type.getPackageName()).distinct())
        .containsExactlyInAnyOrder(fullNames(packages().map(Floor::name).toList()));
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.qtrace.(**)").should().beFreeOfCycles().check(QTRACE);
  }

  @Test
  void onlyTheirWritersUseTableRows() {
    noClasses()
        .that(not(resideInAPackage("io.qtrace.job.lineage")))
        .and()
        .doNotBelongToAnyOf(TrainSteps.class, Experiment.class)
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.qtrace.job.lineage").and(simpleNameEndingWith("Row")))
        .check(QTRACE);
  }

  @Test
  void onlySqlPartsAndTheJobUseSpark() {
    onlyIn("org.apache.spark..", "io.qtrace.spark..", "io.qtrace.job..");
  }

  @Test
  void onlyBuffersAndKernelsUseArrow() {
    onlyIn("org.apache.arrow..", "io.qtrace.arrow..", "io.qtrace.kernel..", "io.qtrace.spark..");
  }

  @Test
  void onlyLineageUsesIceberg() {
    onlyIn("org.apache.iceberg..", "io.qtrace.job.lineage..");
  }

  @Test
  void onlyTheShellUsesJLine() {
    onlyIn("org.jline..", "io.qtrace.job.shell..");
  }

  @Test
  void onlyTrainingUsesDjl() {
    onlyIn("ai.djl..", "io.qtrace.job.train..");
  }

  @Test
  void udfsDoNotDependOnTheJob() {
    noClasses()
        .that(resideInAnyPackage("io.qtrace..").and(resideOutsideOfPackages("io.qtrace.job..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.qtrace.job..")
        .check(QTRACE);
  }

  private static void onlyIn(String library, String... packages) {
    noClasses()
        .that(resideOutsideOfPackages(packages).and(resideInAnyPackage("io.qtrace..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(QTRACE);
  }

  private static String fullName(String name) {
    return "io.qtrace." + name;
  }

  private static String[] fullNames(Collection<String> names) {
    return names.stream().map(TestArchitecture::fullName).toArray(String[]::new);
  }
}
