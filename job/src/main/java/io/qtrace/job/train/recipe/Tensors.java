package io.qtrace.job.train.recipe;

import java.io.IOException;
import java.util.Optional;

/** Where a model's tensors come from, one at a time. */
@FunctionalInterface
public interface Tensors {
  /** The tensor of this name; empty where there is none. */
  Optional<HostTensor> find(String name) throws IOException;

  /** These tensors, and those of base that they lack. */
  default Tensors orElse(Tensors base) {
    return name -> {
      Optional<HostTensor> own = find(name);
      return own.isPresent() ? own : base.find(name);
    };
  }
}
