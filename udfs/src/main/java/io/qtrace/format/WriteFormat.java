package io.qtrace.format;

import io.qtrace.io.SafeText;
import java.util.List;
import java.util.Locale;

/** The formats that can be written. */
public enum WriteFormat {
  /** What {@code torch.save} of PyTorch 2 writes. */
  TORCH_ZIP(List.of(".pt", ".pth", ".bin", ".ckpt")),
  SAFETENSORS(List.of(".safetensors"));

  private final List<String> extensions;

  WriteFormat(List<String> extensions) {
    this.extensions = extensions;
  }

  /**
   * The format that a file's extension names.
   *
   * @throws IllegalArgumentException if it names none
   */
  public static WriteFormat of(String uri) {
    String name = uri.toLowerCase(Locale.ROOT);
    for (WriteFormat format : values()) {
      if (format.extensions.stream().anyMatch(name::endsWith)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "Unsupported file name: "
            + SafeText.quoted(uri)
            + ", expected one that ends with .pt, .pth, .bin, .ckpt or .safetensors");
  }
}
