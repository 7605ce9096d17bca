package io.qtrace.job.train.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The order in which an epoch takes the examples: windows of neighbours in random order, the
 * examples of each window in random order, so that one window at a time is in memory. The same seed
 * gives the same order on every machine ({@link Random} and {@link Collections#shuffle} are
 * specified).
 *
 * @param windows of all shards
 * @param examples of all windows
 */
record ShuffledSampler(List<Window> windows, int examples) {
  /** Some neighbours in one shard. */
  record Window(int shard, int first, int count) {}

  /** One example: a window and its row there. */
  record Place(int window, int row) {}

  static ShuffledSampler of(List<KdShard> shards, int windowExamples) {
    List<Window> windows = new ArrayList<>();
    long examples = 0;
    for (int shard = 0; shard < shards.size(); shard++) {
      int all = shards.get(shard).examples();
      examples += all;
      for (int first = 0; first < all; first += windowExamples) {
        windows.add(new Window(shard, first, Math.min(windowExamples, all - first)));
      }
    }
    return new ShuffledSampler(windows, Math.toIntExact(examples));
  }

  /** As the shards have them. */
  List<Place> plain() {
    List<Place> places = new ArrayList<>(examples);
    for (int window = 0; window < windows.size(); window++) {
      places.addAll(rows(window));
    }
    return places;
  }

  List<Place> shuffled(long seed, long epoch) {
    Random random = new Random(seed + 0x9E3779B97F4A7C15L * epoch);
    List<Integer> order = new ArrayList<>();
    for (int window = 0; window < windows.size(); window++) {
      order.add(window);
    }
    Collections.shuffle(order, random);
    List<Place> places = new ArrayList<>(examples);
    for (int window : order) {
      List<Place> rows = rows(window);
      Collections.shuffle(rows, random);
      places.addAll(rows);
    }
    return places;
  }

  private List<Place> rows(int window) {
    List<Place> rows = new ArrayList<>();
    for (int row = 0; row < windows.get(window).count(); row++) {
      rows.add(new Place(window, row));
    }
    return rows;
  }
}
