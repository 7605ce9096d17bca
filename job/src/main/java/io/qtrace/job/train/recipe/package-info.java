/**
 * The researchers' recipe on DJL's PyTorch engine: the Qwen3 model, its quantized layers, the
 * distillation loss and the optimizer. No type of DJL leaves this package.
 */
package io.qtrace.job.train.recipe;
