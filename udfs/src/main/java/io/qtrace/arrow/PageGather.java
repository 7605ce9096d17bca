package io.qtrace.arrow;

import io.qtrace.io.FileSpan;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.RangeSource;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Brings the elements of a strided view into C order. The pages of the storage that the elements
 * touch are read once each, in order, as many at a time as fit into the scratch block; a page table
 * shows where in the scratch a page lies. What expanded dimensions repeat is gathered once. Pages
 * count from the start of the storage, so that no element straddles two.
 */
final class PageGather {
  static final int PAGE_BYTES = 4096;

  private static final int PAGE_SHIFT = 12;
  private static final int TABLE_PAGES = 1 << 16; // a group of pages spans at most 256 MiB

  private final Storage storage;
  private final StridedView view;
  private final RangeSource reader;
  private final Block scratch;
  private final int[] table; // page - group's first -> byte in the scratch

  PageGather(TensorEntry tensor, RangeSource reader, Block scratch) {
    if (scratch.capacity() < PAGE_BYTES) {
      throw new IllegalArgumentException(
          "Invalid scratch: %d bytes, expected %d or more"
              .formatted(scratch.capacity(), PAGE_BYTES));
    }
    this.storage = tensor.storage();
    this.view = new StridedView(tensor);
    this.reader = reader;
    this.scratch = scratch.resize(scratch.capacity());
    this.table = new int[(int) Math.min(TABLE_PAGES, storage.bytes() / PAGE_BYTES + 1)];
  }

  /** All pages from the view's first element to its last; the view is not empty. */
  static FileSpan span(TensorEntry tensor) {
    Storage storage = tensor.storage();
    int width = tensor.dtype().bytes();
    long last = tensor.offset();
    for (int d = 0; d < tensor.shape().rank(); d++) {
      last += (tensor.shape().sizes().get(d) - 1) * tensor.stride().get(d);
    }
    long from = tensor.offset() * width / PAGE_BYTES * PAGE_BYTES;
    long to = Math.min((last * width / PAGE_BYTES + 1) * PAGE_BYTES, storage.bytes());
    return new FileSpan(storage.position() + from, to - from);
  }

  /** Pages {@code [first, end)} of the storage, the touched ones of which are in the scratch. */
  private record Group(int first, int end) {}

  void read(long element, Block target) throws IOException {
    int count = (int) Math.min(target.length() / view.width(), view.period());
    BitSet touched = touchedPages(element, count);
    for (int page = touched.nextSetBit(0); page >= 0; ) {
      Group group = load(touched, page);
      view.segments(
          element,
          count,
          (position, to, length) -> copy(group, position, target.bytes(), to, length));
      page = touched.nextSetBit(group.end());
    }
    repeat(target.bytes(), 0, count * view.width(), target.length());
  }

  private BitSet touchedPages(long element, int count) {
    long stride = view.segmentStride();
    BitSet pages = new BitSet();
    view.segments(
        element,
        count,
        (position, to, length) -> {
          if (stride <= PAGE_BYTES) {
            pages.set(page(position), page(position + (length - 1) * stride) + 1);
          } else {
            for (int i = 0; i < length; i++) {
              pages.set(page(position + i * stride));
            }
          }
        });
    return pages;
  }

  private Group load(BitSet touched, int first) throws IOException {
    List<Range> ranges = new ArrayList<>();
    int used = 0;
    int page = first;
    while (page >= 0 && page - first < TABLE_PAGES && used + PAGE_BYTES <= scratch.capacity()) {
      int free = Math.min((scratch.capacity() - used) / PAGE_BYTES, first + TABLE_PAGES - page);
      int end = Math.min(touched.nextClearBit(page), page + free);
      long from = (long) page << PAGE_SHIFT;
      int bytes = (int) Math.min((long) (end - page) << PAGE_SHIFT, storage.bytes() - from);
      ranges.add(new Range(storage.position() + from, scratch.bytes().slice(used, bytes)));
      for (; page < end; page++) {
        table[page - first] = used;
        used += PAGE_BYTES;
      }
      page = touched.nextSetBit(end);
    }
    reader.read(ranges);
    return new Group(first, page < 0 ? Integer.MAX_VALUE : page);
  }

  private void copy(Group group, long position, ByteBuffer target, int to, int length) {
    int width = view.width();
    long stride = view.segmentStride();
    if (stride == 0 && length > 1) {
      copy(group, position, target, to, 1);
      repeat(target, to, width, length * width);
      return;
    }
    int run;
    for (int i = 0; i < length; i += run) {
      long from = position + i * stride;
      int inPage = (int) from & (PAGE_BYTES - 1);
      run = stride == width ? Math.min(length - i, (PAGE_BYTES - inPage) / width) : 1;
      int page = page(from);
      if (page >= group.first() && page < group.end()) {
        int at = table[page - group.first()] + inPage;
        put(target, to + i * width, at, run * width);
      }
    }
  }

  // Fills a run of bytes with copies of its first ones.
  private static void repeat(ByteBuffer target, int from, int first, int length) {
    int copied;
    for (int done = first; done < length; done += copied) {
      copied = Math.min(done, length - done);
      target.put(from + done, target, from, copied);
    }
  }

  private void put(ByteBuffer target, int to, int from, int bytes) {
    ByteBuffer source = scratch.bytes();
    switch (bytes) {
      case 1 -> target.put(to, source.get(from));
      case 2 -> target.putShort(to, source.getShort(from));
      case 4 -> target.putInt(to, source.getInt(from));
      case 8 -> target.putLong(to, source.getLong(from));
      default -> target.put(to, source, from, bytes);
    }
  }

  private static int page(long position) {
    return (int) (position >>> PAGE_SHIFT); // storages end within 2^43 bytes
  }
}
