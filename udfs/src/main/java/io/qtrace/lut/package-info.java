/**
 * The arithmetic of a quantized layer's lookup table (LUT), bit for bit as the quantization recipe
 * computes it in float32 and float16.
 *
 * <p>The reference is PyTorch on an x86 CPU with AVX2, where the recipe's tools run: the order of
 * its sums, its vectorised exp and its fused multiply-adds are part of the result. Other devices
 * may differ in the last bit of a float32, which the snap to float16 nearly always hides.
 */
package io.qtrace.lut;
