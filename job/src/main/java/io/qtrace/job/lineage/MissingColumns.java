package io.qtrace.job.lineage;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The columns missing in a table that an older qtrace made, as declarations for ALTER TABLE ADD
 * COLUMNS.
 */
final class MissingColumns {
  private final List<String> declarations = new ArrayList<>();

  private MissingColumns() {}

  /**
   * Declarations of the columns, including fields of lists of records, that only the wanted schema
   * has.
   */
  static List<String> of(StructType present, StructType wanted) {
    MissingColumns missing = new MissingColumns();
    missing.compare("", present, wanted);
    return missing.declarations;
  }

  private void compare(String path, StructType present, StructType wanted) {
    List<String> names = List.of(present.fieldNames());
    for (StructField field : wanted.fields()) {
      if (names.contains(field.name())) {
        descend(path + field.name(), present.apply(field.name()).dataType(), field.dataType());
      } else {
        // Rows that are there have no value: no column is added as NOT NULL.
        StructField nullable =
            new StructField(path + field.name(), field.dataType(), true, field.metadata());
        declarations.add(nullable.toDDL().replaceFirst("^`([^`]*)`", "$1"));
      }
    }
  }

  private void descend(String path, DataType present, DataType wanted) {
    if (present instanceof ArrayType have
        && wanted instanceof ArrayType want
        && have.elementType() instanceof StructType had
        && want.elementType() instanceof StructType wants) {
      compare(path + ".element.", had, wants);
    } else if (present instanceof StructType had && wanted instanceof StructType wants) {
      compare(path + ".", had, wants);
    }
  }
}
