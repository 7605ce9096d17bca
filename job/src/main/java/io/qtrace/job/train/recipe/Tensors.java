package io.qtrace.job.train.recipe;

import java.io.IOException;
import java.util.Optional;

/** Where a model's tensors come from, one at a time. */
@FunctionalInterface
public interface Tensors {
  /** The tensor of this name; empty where there is none. */
  Optional<HostTensor> find(String name) throws IOException;

  /** Whether there is a tensor of this name; sources that know override it, to read nothing. */
  default boolean contains(String name) throws IOException {
    return find(name).isPresent();
  }

  /** These tensors, and those of base that they lack. */
  default Tensors orElse(Tensors base) {
    Tensors own = this;
    return new Tensors() {
      @Override
      public Optional<HostTensor> find(String name) throws IOException {
        return own.contains(name) ? own.find(name) : base.find(name);
      }

      @Override
      public boolean contains(String name) throws IOException {
        return own.contains(name) || base.contains(name);
      }
    };
  }
}
