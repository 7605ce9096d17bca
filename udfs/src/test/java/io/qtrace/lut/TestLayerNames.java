package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TestLayerNames {
  private static final String LAYER = "model.layers.0.mlp.up_proj";

  @Test
  void namesTheTensorsOfALayerAsTheRecipeDoes() {
    LayerNames names = new LayerNames(LAYER);
    assertThat(
            List.of(
                names.lut(),
                names.deltas(),
                names.quantized(),
                names.indices(),
                names.weight(),
                names.scaleA(),
                names.scaleB(),
                names.magnitude(),
                names.bakedFlag()))
        .map(name -> name.substring(LAYER.length()))
        .containsExactly(
            ".lut",
            "._lut_raw_deltas",
            "._Q",
            "._indices",
            ".weight",
            ".scale_A",
            ".scale_B",
            ".rank_magnitude",
            "._scales_baked_flag");
  }

  @Test
  void findsTheLayerByTheNameOfATensor() {
    assertFinds(LayerNames::ofQuantized, "._Q");
    assertFinds(LayerNames::ofIndices, "._indices");
    assertFinds(LayerNames::ofLut, ".lut");
    assertFinds(LayerNames::ofDeltas, "._lut_raw_deltas");
    assertFinds(LayerNames::ofMagnitude, ".rank_magnitude");
  }

  @Test
  void moduleIsTheNameWithoutItsLastPart() {
    assertThat(LayerNames.moduleOf(LAYER + ".bias")).isEqualTo(LAYER);
    assertThat(LayerNames.moduleOf("bias")).isEmpty();
  }

  private static void assertFinds(Function<String, Optional<LayerNames>> find, String suffix) {
    assertThat(find.apply(LAYER + suffix)).contains(new LayerNames(LAYER));
    assertThat(find.apply(suffix)).contains(new LayerNames(""));
    assertThat(find.apply(LAYER + suffix + "_2")).isEmpty();
    assertThat(find.apply(suffix.substring(1))).isEmpty();
    assertThat(find.apply(LAYER + ".bias")).isEmpty();
  }
}
