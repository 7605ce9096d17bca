package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.qtrace.io.SafeText;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A YAML file of qtrace's configuration: strict, so that a mistyped setting is an error. */
public final class YamlFile {
  private static final int MAX_BYTES = 1 << 20;

  private static final JsonMapper YAML =
      JsonMapper.builder(new YAMLFactory())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .annotationIntrospector(new RequiredValues())
          .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
          .build();

  /** Required values may not be null either. */
  private static final class RequiredValues extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonSetter.Value findSetterInfo(Annotated annotated) {
      return annotated instanceof AnnotatedMember member
              && Boolean.TRUE.equals(hasRequiredMarker(member))
          ? JsonSetter.Value.forValueNulls(Nulls.FAIL, Nulls.FAIL)
          : super.findSetterInfo(annotated);
    }
  }

  private final String name;
  private final byte[] bytes;

  private YamlFile(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /** The given file, or the built-in resource of that name. */
  public static YamlFile of(Optional<Path> file, String resource) throws IOException {
    if (file.isPresent()) {
      return new YamlFile(file.get().toString(), read(file.get()));
    }
    try (InputStream in = YamlFile.class.getResourceAsStream("/qtrace/" + resource)) {
      if (in == null) {
        throw new IllegalStateException("Cannot find resource: conf/" + resource);
      }
      return new YamlFile(resource, in.readAllBytes());
    }
  }

  // Opening a pipe may block forever, and a parser is slow on large files of anything else.
  private static byte[] read(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException("Invalid %s: expected a file".formatted(file));
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("Invalid %s: more than %d bytes".formatted(file, MAX_BYTES));
      }
      return bytes;
    }
  }

  /** The bytes, for a hash of the file. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * The file as an object.
   *
   * @throws IOException naming the file, the line and what is wrong there
   */
  public <T> T as(Class<T> type) throws IOException {
    try {
      T value = YAML.readValue(bytes, type);
      if (value == null) {
        throw new IOException("Invalid %s: it is null, expected settings".formatted(name));
      }
      return value;
    } catch (JsonProcessingException e) {
      String fault = SafeText.of("%s: %s".formatted(place(e), what(e)));
      throw new IOException("Invalid %s%s".formatted(name, fault), e);
    }
  }

  // The parser's line may be past the setting if it had to buffer that.
  private static String place(JsonProcessingException e) {
    String line = e.getLocation() == null ? "" : ": line " + e.getLocation().getLineNr();
    if (!(e instanceof JsonMappingException mapping) || mapping.getPath().isEmpty()) {
      return line;
    }
    StringBuilder setting = new StringBuilder();
    for (JsonMappingException.Reference step : mapping.getPath()) {
      setting.append(
          step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName());
    }
    return line + ", " + setting.substring(1);
  }

  // A record's own message about its values, or Jackson's message in the file's terms instead of
  // classes. Lines that SnakeYAML indents are an excerpt of the file.
  private static String what(JsonProcessingException e) {
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return e.getCause().getMessage();
    } else if (e instanceof UnrecognizedPropertyException unknown) {
      return "unknown setting, expected one of "
          + new TreeSet<>(unknown.getKnownPropertyIds().stream().map(String::valueOf).toList());
    } else if (e instanceof InvalidNullException) {
      return "it is null, expected a value";
    } else if (e instanceof InvalidFormatException wrong && wrong.getTargetType().isEnum()) {
      return SafeText.quoted(String.valueOf(wrong.getValue()))
          + ", expected "
          + kind(wrong.getTargetType());
    } else if (e instanceof MismatchedInputException wrong) {
      return wrong.getOriginalMessage().startsWith("Missing required creator property")
          ? "it is missing"
          : "expected " + kind(wrong.getTargetType());
    }
    String message = e.getOriginalMessage();
    return message.startsWith(CharConversionException.class.getName())
        ? "it is not UTF-8"
        : message.lines().filter(line -> !line.startsWith(" ")).collect(Collectors.joining(", "));
  }

  private static String kind(Class<?> type) {
    if (type == null || type == String.class) {
      return "a text";
    } else if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    } else if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    } else if (type.isEnum()) {
      return "one of " + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT);
    }
    return Collection.class.isAssignableFrom(type) ? "a list" : "settings: names with values";
  }
}
