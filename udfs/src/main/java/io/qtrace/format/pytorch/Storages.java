package io.qtrace.format.pytorch;

import io.qtrace.tensor.Storage;

/** Where a file keeps its storages. */
interface Storages {
  /**
   * The bytes that a pickle refers to.
   *
   * @throws IllegalArgumentException if the file has none under that key, or not that many
   */
  Storage locate(StorageReference reference, ElementType type);
}
