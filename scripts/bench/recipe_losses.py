#!/usr/bin/env python3
"""Runs the recipe in PyTorch, rounding as the target device does, and prints how far its losses are from those of PyTorch 2.11.

    python scripts/bench/recipe_losses.py [RUN ...] [--device cuda] [--math]

The runs are those of job/src/test/resources/training. ATEN_CPU_CAPABILITY (default, avx2, avx512) and MKL_CBWR
(COMPATIBLE) choose PyTorch's kernels on a CPU, --math attention in plain operations. That a loss differs between kernels
is the reason for the bounds in TestTraining. Needs torch.
"""

import argparse
import json
import math
import pathlib

import torch

JOB = pathlib.Path(__file__).resolve().parents[2] / "job/src"
ARCHIVE, TRAINING = JOB / "sample/archive", JOB / "test/resources/training"
SCALES = ("scale_A", "scale_B", "rank_magnitude")
LUT_MAX_ABS, TEMPERATURE, CLIP, EPS, THETA, HEADS, SUMMED_AT_ONCE = 2.0, 2.0, 1.0, 1e-6, 1e6, 4, 16
RUNS = {  # does the LUT of a layer train, do the scales, weight decay, weight of the hard labels, padding
    "debug_fp32": (lambda layer: True, True, 0.0, 0.0, False),
    "debug_head_fp32": (lambda layer: False, True, 0.0, 0.0, False),
    "lutonly_fp32": (lambda layer: True, False, 0.0, 0.0, False),
    "strong_fp32": (lambda layer: ".mlp." in layer, True, 0.01, 0.2, True),
}


class Fp16(torch.autograd.Function):
    """Rounds to float16; the gradient passes as it is."""

    @staticmethod
    def forward(_, x):
        return x.clamp(-65504, 65504).half().float()

    @staticmethod
    def backward(_, gradient):
        return gradient


fp16 = Fp16.apply


def least_delta():
    return max(2 * 2.0 ** (math.ceil(math.log2(LUT_MAX_ABS)) - 10), 1e-4)


def initial_deltas(lut):
    half = lut[lut.numel() // 2 :]
    steps = half.diff(prepend=half.new_zeros(1)).clamp(min=least_delta())
    return ((steps - least_delta()) / (LUT_MAX_ABS - half.numel() * least_delta())).clamp(min=1e-6).log()


def trained_lut(deltas):
    free = LUT_MAX_ABS - deltas.numel() * least_delta()
    positive = (least_delta() + free * deltas.softmax(0)).cumsum(0)
    return fp16(torch.cat([-positive.flip(0), positive]))


def rms_norm(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS))


class Student:
    def __init__(self, state, lut_trains, scales_train, math_attention):
        self.state, self.math = state, math_attention
        self.layers = sum(name.endswith("input_layernorm.weight") for name in state)
        quantized = [name.removesuffix("._Q") for name in state if name.endswith("._Q")]
        self.deltas = {layer: initial_deltas(state[f"{layer}.lut"]) for layer in quantized if lut_trains(layer)}
        self.scales = [state[f"{layer}.{scale}"] for layer in quantized for scale in SCALES] if scales_train else []
        for parameter in [*self.scales, *self.deltas.values()]:
            parameter.requires_grad_()

    def linear(self, layer, x):
        a, b, g = (self.state[f"{layer}.{scale}"] for scale in SCALES)
        a = a / a.norm(dim=0, keepdim=True).clamp(min=1e-6)
        b = fp16(b / b.norm(dim=1, keepdim=True).clamp(min=1e-6))
        a = fp16(fp16(g + 1e-6) * a)
        q = self.state[f"{layer}._Q"]
        if layer in self.deltas:
            q = trained_lut(self.deltas[layer])[self.state[f"{layer}._indices"].long()]
        q = fp16(q)
        if g.numel() >= SUMMED_AT_ONCE:
            ranks = fp16(torch.nn.functional.linear(fp16(x[..., None, :] * b), q))  # [..., r, out]
            return fp16((ranks * a.t()).sum(-2))
        total = None
        for k in range(g.numel()):
            rank = fp16(torch.nn.functional.linear(fp16(x * b[k]), q)) * a[:, k]
            total = fp16(rank if total is None else total + rank)
        return total

    def attention(self, path, x, mask):
        examples, length, _ = x.shape
        head = self.state[f"{path}.q_norm.weight"].numel()

        def heads(name):
            y = self.linear(f"{path}.{name}_proj", x).view(examples, length, -1, head)
            return (y if name == "v" else rms_norm(y, self.state[f"{path}.{name}_norm.weight"])).transpose(1, 2)

        rates = 1.0 / (THETA ** (torch.arange(0, head, 2, device=x.device).float() / head))
        angles = torch.outer(torch.arange(length, device=x.device).float(), rates).repeat(1, 2)

        def rotated(y):
            left, right = y.chunk(2, dim=-1)
            return y * angles.cos() + torch.cat([-right, left], dim=-1) * angles.sin()

        q, k, v = rotated(heads("q")), rotated(heads("k")), heads("v")
        k, v = (y.repeat_interleave(HEADS // y.shape[1], dim=1) for y in (k, v))
        causal = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
        if mask.all() and self.math:
            scores = (q @ k.transpose(2, 3) * head**-0.5).masked_fill(~causal, -math.inf)
            y = scores.softmax(-1) @ v
        elif mask.all():
            y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            seen = causal & mask.bool()[:, None, None, :]
            y = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.linear(f"{path}.o_proj", y.transpose(1, 2).reshape(examples, length, -1))

    def hidden(self, ids, mask):
        x = self.state["model.embed_tokens.weight"][ids]
        for layer in range(self.layers):
            path = f"model.layers.{layer}"
            y = rms_norm(x, self.state[f"{path}.input_layernorm.weight"])
            x = x + self.attention(f"{path}.self_attn", y, mask)
            y = rms_norm(x, self.state[f"{path}.post_attention_layernorm.weight"])
            gate = torch.nn.functional.silu(self.linear(f"{path}.mlp.gate_proj", y))
            x = x + self.linear(f"{path}.mlp.down_proj", gate * self.linear(f"{path}.mlp.up_proj", y))
        return rms_norm(x, self.state["model.norm.weight"])

    def loss(self, batch, hard):
        hidden = self.hidden(batch["input_ids"].long(), batch["attention_mask"])[:, :-1]
        head, candidates = self.state["model.embed_tokens.weight"], batch["topk_idx"].long()
        student = torch.einsum("nlh,nlkh->nlk", hidden, head[candidates])
        student = (student / TEMPERATURE).log_softmax(-1)
        teacher = (batch["topk_logits"].float() / TEMPERATURE).softmax(-1)
        loss = torch.nn.functional.kl_div(student, teacher, reduction="none").sum(-1).mean() * TEMPERATURE**2
        if hard:
            logits = (hidden @ head.t()).flatten(0, 1)
            loss = loss + hard * torch.nn.functional.cross_entropy(logits, candidates[..., 0].flatten())
        return loss


def run(name, device, math_attention):
    lut_trains, scales_train, decay, hard, padded = RUNS[name]
    golden = json.loads((TRAINING / f"{name}.json").read_text())

    def load(file):
        return torch.load(ARCHIVE / file, weights_only=True, map_location=device)

    student = Student(load("runs/sr011-q4a4-FP4-init/v2_initial.pt"), lut_trains, scales_train, math_attention)
    cache = load(f"caches/two_examples_{'masked_' if padded else ''}L24_K16_R8/shard_00000.pt")
    groups = [{"params": group, "lr": 0.0} for group in (student.scales, list(student.deltas.values())) if group]
    parameters = [parameter for group in groups for parameter in group["params"]]
    optimizer = torch.optim.AdamW(groups, weight_decay=decay)
    losses, norms = [], []
    for step, rates in enumerate(golden["lr"]):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        optimizer.zero_grad()
        # With padding a step has two micro-batches; the recipe shuffled, its third step began with the second one.
        order = ([1, 0] if step == 2 else [0, 1]) if padded else [slice(0, 2)]
        for part in order:
            part = part if isinstance(part, slice) else slice(part, part + 1)
            loss = student.loss({key: cache[key][part] for key in cache}, hard)
            (loss / len(order)).backward()
            losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, CLIP).item())
        optimizer.step()

    def farthest(found, expected):
        return max(abs(a / b - 1) for a, b in zip(found, expected, strict=True))

    loss, norm = farthest(losses, golden["loss"]), farthest(norms, golden["grad_norm"])
    print(f"{name:16} farthest loss {loss:.1e}, norm {norm:.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="*", default=list(RUNS), metavar="RUN", help=", ".join(RUNS))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--math", action="store_true", help="attention in plain operations")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.runs:
        run(name, arguments.device, arguments.math)


if __name__ == "__main__":
    main()
