package io.qtrace.job.train.data;

import java.util.regex.Pattern;

/** Names in a KD cache: a folder with {@code meta.json} and {@code shard_00000.pt}, ... */
final class KdCacheFormat {
  static final String META = "meta.json";
  static final Pattern SHARD = Pattern.compile("shard_(\\d{1,9})\\.pt");
  static final Pattern TGZ = Pattern.compile("(?i)(.+)\\.(?:tgz|tar\\.gz)");

  static final String INPUT_IDS = "input_ids"; // int32 [N, L]
  static final String ATTENTION_MASK = "attention_mask"; // uint8 [N, L]
  static final String TOPK_IDX = "topk_idx"; // int32 [N, L - 1, K]
  static final String TOPK_LOGITS = "topk_logits"; // float16 [N, L - 1, K]

  private KdCacheFormat() {}

  static boolean isPart(String fileName) {
    return fileName.equals(META) || SHARD.matcher(fileName).matches();
  }
}
