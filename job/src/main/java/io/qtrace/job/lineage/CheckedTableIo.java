package io.qtrace.job.lineage;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.qtrace.io.SafeText;
import io.qtrace.job.conf.EmbeddedCatalog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.inmemory.InMemoryInputFile;
import org.apache.iceberg.io.InputFile;

/**
 * Reads files of the embedded catalog's tables. Iceberg retries damaged metadata for a minute and a
 * half; here it is an error at once, with the remedy.
 */
public final class CheckedTableIo extends HadoopFileIO {
  private static final long serialVersionUID = 1L;
  private static final String METADATA = ".metadata.json";
  private static final String COMPRESSED = ".gz" + METADATA;
  private static final int NEWEST_FORMAT = 4; // that Iceberg knows
  private static final JsonFactory JSON = new JsonFactory();

  @Override
  public InputFile newInputFile(String path) {
    return path.endsWith(METADATA)
        ? checked(path, super.newInputFile(path))
        : super.newInputFile(path);
  }

  // An exception thrown here ends Iceberg's retries.
  private static InputFile checked(String path, InputFile file) {
    try (InputStream in = opened(path, file)) {
      byte[] bytes = in.readAllBytes();
      check(path, bytes);
      return new InMemoryInputFile(path, bytes);
    } catch (IOException | RuntimeIOException e) {
      throw damaged(path, "it is damaged", e);
    }
  }

  private static InputStream opened(String path, InputFile file) {
    try {
      return file.newStream();
    } catch (NotFoundException e) {
      throw damaged(path, "it is missing", e);
    }
  }

  // One object of JSON, to its end, of a format that Iceberg knows.
  private static void check(String path, byte[] bytes) throws IOException {
    InputStream in = new ByteArrayInputStream(bytes);
    try (JsonParser json =
        JSON.createParser(path.endsWith(COMPRESSED) ? new GZIPInputStream(in) : in)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("Invalid metadata: expected an object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean isVersion = json.currentName().equals("format-version");
        json.nextToken();
        if (isVersion && json.getValueAsInt() > NEWEST_FORMAT) {
          String newer = "its format is newer, " + json.getValueAsInt();
          throw unreadable(path, newer + "; use a newer qtrace", null);
        }
        json.skipChildren();
      }
      if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        throw new IOException("Invalid metadata: expected one object");
      }
    }
  }

  private static NotFoundException damaged(String path, String why, Exception cause) {
    return unreadable(path, why + "; " + EmbeddedCatalog.REMEDY, cause);
  }

  private static NotFoundException unreadable(String path, String why, Exception cause) {
    return new NotFoundException(cause, "Cannot read table file %s: %s", SafeText.of(path), why);
  }
}
