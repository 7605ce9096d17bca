package io.qtrace.job;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The boundaries of the packages: who may know what. */
class TestArchitecture {
  private static final JavaClasses QTRACE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.qtrace");

  @Test
  void sparkIsKnownToTheSqlPartsAndTheJobOnly() {
    onlyIn("org.apache.spark..", "io.qtrace.spark..", "io.qtrace.job..");
  }

  @Test
  void arrowIsKnownToBuffersAndKernelsOnly() {
    onlyIn("org.apache.arrow..", "io.qtrace.arrow..", "io.qtrace.kernel..", "io.qtrace.spark..");
  }

  @Test
  void icebergIsKnownToTheLineageOnly() {
    onlyIn("org.apache.iceberg..", "io.qtrace.job.lineage..");
  }

  @Test
  void djlIsKnownToTrainingOnly() {
    onlyIn("ai.djl..", "io.qtrace.job.train..");
  }

  @Test
  void whatAnySessionCanLoadDoesNotKnowTheJob() {
    noClasses()
        .that(resideInAnyPackage("io.qtrace..").and(resideOutsideOfPackages("io.qtrace.job..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.qtrace.job..")
        .check(QTRACE);
  }

  @Test
  void packagesFormNoCircle() {
    slices().matching("io.qtrace.(*)..").should().beFreeOfCycles().check(QTRACE);
    slices().matching("io.qtrace.job.(*)..").should().beFreeOfCycles().check(QTRACE);
  }

  private static void onlyIn(String library, String... packages) {
    noClasses()
        .that(resideOutsideOfPackages(packages).and(resideInAnyPackage("io.qtrace..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .allowEmptyShould(true)
        .check(QTRACE);
  }
}
