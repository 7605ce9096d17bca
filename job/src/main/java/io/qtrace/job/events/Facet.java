package io.qtrace.job.events;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.openlineage.client.OpenLineage;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A facet of qtrace's own; its schema is a resource next to this class. */
final class Facet implements OpenLineage.RunFacet, OpenLineage.DatasetFacet {
  private static final String SCHEMAS = "https://qtrace.io/schemas/openlineage/";

  private final URI producer;
  private final URI schema;
  private final Map<String, Object> properties;

  /**
   * @param schema file name of the schema
   * @param properties by name; those without a value are left out
   */
  Facet(URI producer, String schema, Map<String, Object> properties) {
    this.producer = producer;
    this.schema = URI.create(SCHEMAS + schema);
    Map<String, Object> present = new LinkedHashMap<>(properties);
    present.values().removeIf(value -> value == null);
    this.properties = Collections.unmodifiableMap(present);
  }

  @Override
  @JsonProperty("_producer")
  public URI get_producer() {
    return producer;
  }

  @Override
  @JsonProperty("_schemaURL")
  public URI get_schemaURL() {
    return schema;
  }

  @Override
  @JsonIgnore
  public Boolean get_deleted() {
    return false;
  }

  @Override
  @JsonIgnore
  public Boolean isDeleted() {
    return false;
  }

  @Override
  @JsonAnyGetter
  public Map<String, Object> getAdditionalProperties() {
    return properties;
  }
}
