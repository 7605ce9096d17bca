#!/usr/bin/env python3
"""Times training steps of a Qwen3-0.6B-size LUT model with qtrace and with PyTorch, and checks that they agree.

    python scripts/bench/train_step.py make DIR       writes DIR: a model of random weights, 1.2 GB, and one batch
    python scripts/bench/train_step.py torch DIR      the recipe in PyTorch, as the researchers wrote it; JSON
    python scripts/bench/train_step.py compare DIR --java "java -cp CLASSPATH CLASS"
                                                      both in turn; fails where their losses differ

CLASS is io.qtrace.job.train.recipe.TrainStepBenchmark; it gets DIR and the options. Needs torch and safetensors. A step is forward, backward, clipping and AdamW for all scales and LUTs.
Peak memory is the whole process's, CUDA context and caches included, as nvidia-smi sees it.
"""

import argparse
import json
import math
import pathlib
import shlex
import statistics
import subprocess
import sys
import time

import torch
from safetensors.torch import load_file, save_file

CONFIG = {
    "model_type": "qwen3",
    "vocab_size": 151936,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "tie_word_embeddings": True,
}
TINY = CONFIG | {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
}
BATCH, TOP_K, RANK, SCALES = 2, 128, 32, ("scale_A", "scale_B", "rank_magnitude")
LUT_MAX_ABS, TEMPERATURE, CLIP, MIN_LR_RATIO = 2.0, 2.0, 1.0, 0.1
LR, LUT_LR, WARMUP, MAX_STEPS = 2e-5, 1e-5, 2, 1000
PRECISIONS = {"float32": 5e-3, "mixed": 6e-2}  # tolerance of a loss, relative


def projections(config):
    """Name, outputs and inputs of every quantized layer."""
    hidden, mlp, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    shapes = {
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (mlp, hidden),
        "mlp.up_proj": (mlp, hidden),
        "mlp.down_proj": (hidden, mlp),
    }
    for layer in range(config["num_hidden_layers"]):
        for name, (out, inp) in shapes.items():
            yield f"model.layers.{layer}.{name}", out, inp


def make(folder, config, length):
    generator = torch.Generator().manual_seed(2026)

    def normal(*shape, scale=1.0):
        return torch.randn(*shape, generator=generator) * scale

    positive = torch.tensor([0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 2.0])
    hidden, vocab = config["hidden_size"], config["vocab_size"]
    state = {
        "model.embed_tokens.weight": normal(vocab, hidden, scale=0.02),
        "model.norm.weight": 1 + normal(hidden, scale=0.1),
    }
    for layer in range(config["num_hidden_layers"]):
        for name, size in {
            "input_layernorm": hidden,
            "post_attention_layernorm": hidden,
            "self_attn.q_norm": config["head_dim"],
            "self_attn.k_norm": config["head_dim"],
        }.items():
            state[f"model.layers.{layer}.{name}.weight"] = 1 + normal(size, scale=0.1)
    for prefix, out, inp in projections(config):
        state[f"{prefix}.lut"] = torch.cat([-positive.flip(0), positive])
        state[f"{prefix}._indices"] = torch.randint(0, 16, (out, inp), generator=generator, dtype=torch.uint8)
        state[f"{prefix}.scale_A"] = normal(out, RANK)
        state[f"{prefix}.scale_B"] = normal(RANK, inp)
        state[f"{prefix}.rank_magnitude"] = 0.005 * math.sqrt(out * inp) * (
            1 + 0.5 * torch.rand(RANK, generator=generator)
        )
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    positions = (BATCH, length - 1, TOP_K)
    batch = {
        "input_ids": torch.randint(0, vocab, (BATCH, length), generator=generator, dtype=torch.int32),
        "attention_mask": torch.ones(BATCH, length, dtype=torch.uint8),
        "topk_idx": torch.randint(0, vocab, positions, generator=generator, dtype=torch.int32),
        "topk_logits": normal(*positions, scale=3.0).sort(dim=-1, descending=True).values.half(),
    }
    save_file(batch, folder / "batch.safetensors")


def fp16(x):
    """Rounds to float16 in the forward pass; the gradient passes as it is."""
    return x + (x.detach().clamp(-65504, 65504).half().to(x.dtype) - x.detach())


def lut_floor():
    return max(2 * 2.0 ** (math.ceil(math.log2(LUT_MAX_ABS)) - 10), 1e-4)


def initial_deltas(lut):
    half = lut[lut.numel() // 2 :]
    floor = lut_floor()
    steps = half.diff(prepend=half.new_zeros(1)).clamp(min=floor)
    return ((steps - floor) / (LUT_MAX_ABS - half.numel() * floor)).clamp(min=1e-6).log()


def trained_lut(deltas):
    floor = lut_floor()
    positive = (floor + (LUT_MAX_ABS - deltas.numel() * floor) * deltas.softmax(0)).cumsum(0)
    return fp16(torch.cat([-positive.flip(0), positive]))


class Model:
    """Qwen3 with quantized layers in their materialized form: one product with W = Q * ((A diag g) B)."""

    def __init__(self, config, state, device, look_up):
        self.config, self.look_up = config, look_up
        self.frozen, self.scales, self.deltas = {}, {}, {}
        for name, tensor in state.items():
            tensor = tensor.to(device)
            if name.endswith("._indices"):
                self.frozen[name] = tensor.long()
            elif name.endswith(".lut"):
                self.deltas[name.removesuffix(".lut")] = initial_deltas(tensor).requires_grad_()
            elif name.rpartition(".")[2] in SCALES:
                self.scales[name] = tensor.requires_grad_()
            else:
                self.frozen[name] = tensor

    def linear(self, prefix, x):
        a, b, g = (self.scales[f"{prefix}.{scale}"] for scale in SCALES)
        a = a / a.norm(dim=0, keepdim=True).clamp(min=1e-6)
        b = b / b.norm(dim=1, keepdim=True).clamp(min=1e-6)
        q = self.look_up(trained_lut(self.deltas[prefix]), self.frozen[f"{prefix}._indices"])
        return torch.nn.functional.linear(x, q * ((a * (g + 1e-6)) @ b))

    def norm(self, name, x):
        x32 = x.float()
        scaled = x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return self.frozen[f"{name}.weight"] * scaled.to(x.dtype)

    def attention(self, prefix, x, cos, sin):
        config, (examples, length, _) = self.config, x.shape

        def heads(projection, norm):
            y = self.linear(f"{prefix}.{projection}", x).view(examples, length, -1, config["head_dim"])
            return (self.norm(f"{prefix}.{norm}", y) if norm else y).transpose(1, 2)

        def rotated(y):
            left, right = y.chunk(2, dim=-1)
            return y * cos + torch.cat([-right, left], dim=-1) * sin

        q, k, v = rotated(heads("q_proj", "q_norm")), rotated(heads("k_proj", "k_norm")), heads("v_proj", None)
        shared = config["num_attention_heads"] // config["num_key_value_heads"]
        k, v = k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)
        y = torch.nn.functional.scaled_dot_product_attention(q, k.to(q.dtype), v.to(q.dtype), is_causal=True)
        return self.linear(f"{prefix}.o_proj", y.transpose(1, 2).reshape(examples, length, -1))

    def hidden_states(self, ids):
        config = self.config
        x = self.frozen["model.embed_tokens.weight"][ids]
        half = config["head_dim"] // 2
        rates = config["rope_theta"] ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
        angles = torch.arange(ids.shape[1], device=x.device)[:, None] * rates
        cos, sin = (torch.cat([f(angles)] * 2, dim=-1) for f in (torch.cos, torch.sin))
        for layer in range(config["num_hidden_layers"]):
            prefix = f"model.layers.{layer}"
            x = x + self.attention(f"{prefix}.self_attn", self.norm(f"{prefix}.input_layernorm", x), cos, sin)
            y = self.norm(f"{prefix}.post_attention_layernorm", x)
            gate = torch.nn.functional.silu(self.linear(f"{prefix}.mlp.gate_proj", y))
            x = x + self.linear(f"{prefix}.mlp.down_proj", gate * self.linear(f"{prefix}.mlp.up_proj", y))
        return self.norm("model.norm", x)

    def loss(self, batch):
        hidden = self.hidden_states(batch["input_ids"])[:, :-1]
        head = self.frozen["model.embed_tokens.weight"]
        logits = torch.einsum("nld,nlkd->nlk", hidden, head[batch["topk_idx"]].to(hidden.dtype)).float()
        student = (logits / TEMPERATURE).log_softmax(-1)
        teacher = (batch["topk_logits"].float() / TEMPERATURE).log_softmax(-1)
        return (teacher.exp() * (teacher - student)).sum(-1).mean() * TEMPERATURE**2


def scattered(lut, indices):
    """As the researchers' recipe has it: the backward pass is a scattered addition into 16 places."""
    return lut[indices]


def gathered(lut, indices):
    """The same numbers; the backward pass adds up groups of weights, then the groups."""
    groups = indices.reshape(-1, 128 if indices.numel() % 128 == 0 else indices.shape[1])
    return lut.expand(groups.shape[0], -1).gather(1, groups).view(indices.shape)


def factor(step):
    if step < WARMUP:
        return step / WARMUP
    progress = (step - WARMUP) / (MAX_STEPS - WARMUP)
    return MIN_LR_RATIO + (1 - MIN_LR_RATIO) * 0.5 * (1 + math.cos(math.pi * progress))


def torch_steps(folder, precision, steps, warm_up, look_up):
    """Losses, seconds of each measured step, and the bytes that PyTorch's allocator had in use at most."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = json.loads((folder / "config.json").read_text())
    model = Model(config, load_file(folder / "model.safetensors"), device, look_up)
    batch = {name: tensor.to(device) for name, tensor in load_file(folder / "batch.safetensors").items()}
    batch |= {name: batch[name].long() for name in ("input_ids", "topk_idx")}
    groups = [
        {"params": list(model.scales.values()), "lr": LR},
        {"params": list(model.deltas.values()), "lr": LUT_LR},
    ]
    trained = [parameter for group in groups for parameter in group["params"]]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    losses, seconds = [], []
    for _ in range(warm_up + steps):
        started = time.perf_counter()
        with torch.autocast(device, torch.bfloat16, enabled=precision == "mixed"):
            loss = model.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())  # waits for the device
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    allocated = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    return {"losses": losses, "seconds": seconds[warm_up:], "allocated_bytes": allocated}


def device_memory():
    """Bytes in use on the first GPU, 0 where there is none."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"]
    try:
        return int(subprocess.run(query, capture_output=True, text=True, check=True).stdout) << 20
    except (OSError, subprocess.CalledProcessError):
        return 0


def measured(command):
    """Runs a command that prints JSON and then waits; adds what it has of the device's memory, which never shrinks."""
    idle = device_memory()
    command = [str(word) for word in [*command, "--wait"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        peak = device_memory()
        process.stdin.close()
    if process.returncode != 0:
        sys.exit(f"exit status {process.returncode} of {' '.join(command)}")
    return json.loads(line) | {"peak_bytes": peak - idle}


def compare(folder, arguments):
    options = ["--steps", arguments.steps, "--warm-up", arguments.warm_up]
    for precision in PRECISIONS if arguments.precision == "all" else [arguments.precision]:
        both = [folder, *options, "--precision", precision]
        runs = {
            "PyTorch, lut[indices]": measured([sys.executable, __file__, "torch", *both]),
            "PyTorch, gathered": measured([sys.executable, __file__, "torch", *both, "--gathered"]),
            "qtrace": measured([*arguments.java, *both]),
        }
        want = runs["PyTorch, lut[indices]"]
        for name, run in runs.items():
            median = statistics.median(run["seconds"])
            print(
                f"{precision:8} {name:22} {median:7.3f} s a step ({min(run['seconds']):.3f} - "
                f"{max(run['seconds']):.3f}), {run['peak_bytes'] / 1e9:5.2f} GB, "
                f"ratio {statistics.median(want['seconds']) / median:5.1f}, loss {run['losses'][0]:.6f} -> "
                f"{run['losses'][-1]:.6f}",
                flush=True,
            )
            for step, (expected, found) in enumerate(zip(want["losses"], run["losses"], strict=True)):
                if not abs(found - expected) <= PRECISIONS[precision] * expected:
                    sys.exit(f"loss of step {step}: {name} {found}, expected {expected}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["make", "torch", "compare"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=10, help="measured steps")
    parser.add_argument("--warm-up", type=int, default=3, help="steps before them")
    parser.add_argument("--precision", choices=["all", *PRECISIONS], default="float32")
    parser.add_argument("--gathered", action="store_true", help="the recipe with a LUT that is gathered by groups")
    parser.add_argument("--tiny", action="store_true", help="make: two small layers")
    parser.add_argument("--length", type=int, default=128, help="make: tokens of an example")
    parser.add_argument("--wait", action="store_true", help="torch: keeps its memory until its input ends")
    parser.add_argument("--java", type=shlex.split, help="compare: the command that runs TrainStepBenchmark")
    arguments = parser.parse_args()
    if arguments.what == "compare":
        if not arguments.java:
            parser.error("compare needs --java")
        compare(arguments.folder, arguments)
    elif arguments.what == "make":
        make(arguments.folder, TINY if arguments.tiny else CONFIG, arguments.length)
    else:
        look_up = gathered if arguments.gathered else scattered
        steps = torch_steps(arguments.folder, arguments.precision, arguments.steps, arguments.warm_up, look_up)
        print(json.dumps(steps), flush=True)
        if arguments.wait:
            sys.stdin.read()


if __name__ == "__main__":
    main()
