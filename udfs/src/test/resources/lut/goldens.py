"""Writes the golden files of this folder with PyTorch; see README.md.

usage: goldens.py ARCHIVE_RUNS TRAINING OUT
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch

RUNS, TRAINING, OUT = map(Path, sys.argv[1:])


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def hexed(t):
    """Float bits, 8 hex digits a value, C order."""
    return t.detach().float().contiguous().numpy().astype(">f4").tobytes().hex()


def sha256(t, dtype):
    return hashlib.sha256(t.contiguous().numpy().astype(dtype).tobytes()).hexdigest()


def m_train(max_abs):
    return max(2 * 2.0 ** (math.ceil(math.log2(max(max_abs, 1e-6))) - 10), 1e-4)


def positive(deltas, max_abs, m):
    return torch.cumsum(m + (max_abs - len(deltas) * m) * torch.softmax(deltas, 0), 0)


def mirror(half):
    return torch.cat([-half.flip(0), half])


def effective(deltas, max_abs):
    half = positive(deltas, max_abs, m_train(max_abs))
    return mirror(half.clamp(-65504, 65504).half().float())


def initial(lut, max_abs):
    half, m = lut[len(lut) // 2 :], m_train(max_abs)
    free = max_abs - len(half) * m
    if free <= 0:
        return torch.zeros_like(half)
    d = torch.diff(half, prepend=torch.zeros(1)).clamp(min=m)
    return torch.log(((d - m) / free).clamp(min=1e-6))


def repair(half, max_abs):
    up, down = (torch.tensor(s * math.inf, dtype=torch.float16) for s in (1, -1))
    half = half.half()
    half[-1] = max_abs
    cap = half[-1]
    caps = [cap := torch.nextafter(cap, down) for _ in range(len(half) - 1)][::-1] + [half[-1].clone()]
    for i in range(len(half)):
        if i == 0 and half[0] <= 0:
            half[0] = 1e-4
        elif i > 0 and half[i] <= half[i - 1]:
            half[i] = torch.nextafter(half[i - 1], up)
        half[i] = min(half[i], caps[i])
    return half.float()


def bake(deltas, stored):
    max_abs = stored.abs().max().item()
    max_abs = 2.0 if max_abs < 0.1 else max_abs
    return mirror(repair(positive(deltas, max_abs, max(1e-4, 0.001 * max_abs)), max_abs))


class JavaRandom:
    """java.util.Random's floats, so that large inputs need no file."""

    def __init__(self, seed):
        self.state = (seed ^ 0x5DEECE66D) & (1 << 48) - 1

    def floats(self, n):
        out = np.empty(n, np.float32)
        for i in range(n):
            self.state = (self.state * 0x5DEECE66D + 0xB) & (1 << 48) - 1
            out[i] = (self.state >> 24) / (1 << 24)
        return torch.from_numpy(out)


def float16():
    bits = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16)
    values = bits.view(torch.float16).float()
    words = np.arange(1 << 20, dtype=np.uint32) << 12  # ties of float16 among them
    x = torch.from_numpy(np.concatenate([words - 1, words, words + 1]).view(np.float32).copy())
    nan = torch.tensor(0x7E00, dtype=torch.int16)
    up = torch.nextafter(bits.view(torch.float16), torch.tensor(math.inf, dtype=torch.float16))
    down = torch.nextafter(bits.view(torch.float16), torch.tensor(-math.inf, dtype=torch.float16))
    clean = lambda h: torch.where(h.isnan(), nan, h.view(torch.int16))
    clamped = x.clamp(-65504, 65504).half()
    return {
        "values": sha256(torch.where(values.isnan(), torch.tensor(math.nan), values), ">f4"),
        "bits": sha256(clean(x.half()), ">i2"),
        "rounded": sha256(clean(clamped), ">i2"),
        "up": sha256(clean(up), ">i2"),
        "down": sha256(clean(down), ">i2"),
    }


def archive():
    long = RUNS / "srLUT-004_all_alpaca_M2p0_lr1e5_from_best"
    files = [
        RUNS / "debug_lut_training/checkpoint_step20.pt",
        long / "checkpoint_step200.pt",
        next(long.glob("v2_q4_r32_fp16_*.pt")),
        RUNS / "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt",
        TRAINING / "debug_head_fp32_step20.pt",
        TRAINING / "lutonly_fp32_step10.pt",
        TRAINING / "strong_fp32_step6.pt",
    ]
    checkpoints = {}
    for file in files:
        state, layers = load(file), {}
        for key in state:
            if key.endswith("._lut_raw_deltas"):
                name = key.removesuffix("._lut_raw_deltas")
                deltas, lut = state[key].float(), state[name + ".lut"].float()
                layers[name] = dict(
                    stored=hexed(lut),
                    deltas=hexed(deltas),
                    effective=hexed(effective(deltas, 2.0)),
                    baked=hexed(bake(deltas, lut)),
                )
        checkpoints[f"{file.parent.name}/{file.name}"] = layers
    baked = load(long / "baked_step200.pt")
    refreshed = load(RUNS / "srLUT-004s_synced/lut_refreshed_step200.pt")
    names = [k.removesuffix(".lut") for k in baked if k.endswith(".lut")]
    return {
        "checkpoints": checkpoints,
        "bakedFile": {
            n: dict(
                lut=hexed(baked[n + ".lut"]),
                indices="".join(f"{i:x}" for i in baked[n + "._indices"].flatten().tolist()),
                q=sha256(baked[n + "._Q"], ">f4"),
            )
            for n in names
        },
        "refreshedFile": {n: hexed(refreshed[n + ".lut"]) for n in names},
    }


MAX_ABS = [2.0, 1.0, 0.5, 1.5, 3.0, 6.0, 0.3, 0.02, 0.1, 100.0]


def stored_lut(max_abs, n):
    return mirror(torch.linspace(0, max_abs, n + 1)[1:].half().float())


def random():
    result = {"vectors": [], "digests": {}, "repairs": [], "initial": []}
    rng = JavaRandom(17)
    for n in (1, 2, 3, 8, 13, 16, 128):
        for j in range(10 if n <= 16 else 1):
            deltas = (rng.floats(n) - 0.5) * (8 if j < 7 else 250)
            max_abs = MAX_ABS[j]
            stored = stored_lut(max_abs, n)
            result["vectors"].append(
                dict(
                    maxAbs=max_abs,
                    deltas=hexed(deltas),
                    softmax=hexed(torch.softmax(deltas, 0)),
                    effective=hexed(effective(deltas, max_abs)),
                    stored=hexed(stored),
                    baked=hexed(bake(deltas, stored)),
                )
            )
    for n in (2, 8):
        rng, trained, baked = JavaRandom(n), [], []
        for j in range(10_000):
            deltas = (rng.floats(n) - 0.5) * 16
            max_abs = MAX_ABS[j % len(MAX_ABS)]
            trained.append(effective(deltas, max_abs))
            baked.append(bake(deltas, stored_lut(max_abs, n)))
        result["digests"][str(n)] = dict(
            effective=sha256(torch.stack(trained), ">f4"), baked=sha256(torch.stack(baked), ">f4")
        )
    rng = JavaRandom(23)
    for j in range(40):
        max_abs = MAX_ABS[j % len(MAX_ABS)]
        half = rng.floats(8) * max_abs * 1.2 - 0.1 * max_abs
        if j % 2:  # crowded: equal after rounding, and against the cap
            half = max_abs * (1 - rng.floats(8) * 0.002)
        result["repairs"].append(
            dict(maxAbs=max_abs, half=hexed(half), repaired=hexed(repair(half, max_abs)))
        )
    for n in (2, 8):
        for j in range(10):
            half = (rng.floats(n) * MAX_ABS[j]).half().float().sort().values
            result["initial"].append(
                dict(maxAbs=MAX_ABS[j], lut=hexed(mirror(half)), deltas=hexed(initial(mirror(half), MAX_ABS[j])))
            )
    return result


def scales(a, b, magnitude):
    a = a / a.norm(dim=0, keepdim=True).clamp(min=1e-6)
    b = b / b.norm(dim=1, keepdim=True).clamp(min=1e-6)
    return (a * (magnitude + 1e-6)) @ b


def nearest(x, lut):
    x = x.clamp(lut.min().item(), lut.max().item())
    return torch.stack([(row.unsqueeze(1) - lut).abs().argmin(1) for row in x])


def requantize():
    before = load(RUNS / "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt")
    after = load(RUNS / "srLUT-004t_tightened/tightened.pt")
    layers = {}
    for n in ("model.layers.0.self_attn.k_proj", "model.layers.1.mlp.down_proj"):
        part = lambda key: before[f"{n}.{key}"]
        layers[n] = dict(
            weight=hexed(part("weight")),
            a=hexed(part("scale_A")),
            b=hexed(part("scale_B")),
            magnitude=hexed(part("rank_magnitude")),
            lut=hexed(part("lut")),
            indices="".join(f"{i:x}" for i in after[n + "._indices"].flatten().tolist()),
            changed=int((part("_indices") != after[n + "._indices"]).sum()),
        )
    out, inner, rank = 512, 768, 32
    rng = JavaRandom(29)
    a, b = rng.floats(out * rank).view(out, rank), rng.floats(rank * inner).view(rank, inner)
    magnitude, weight = rng.floats(rank) * 8, (rng.floats(out * inner).view(out, inner) - 0.5) * 0.5
    s, lut = scales(a, b, magnitude), stored_lut(2.0, 8)
    plain = (a * magnitude) @ b
    large = dict(
        scales=sha256(s, ">f4"), baked=sha256(plain, ">f4"), indices=sha256(nearest(weight / s, lut), ">i4")
    )
    points = torch.tensor([-math.inf, -3e9, -2.1, -0.75, -0.5, -0.0, 0.0, 0.25, 0.5, 1.125, 1.1250001, 9, math.inf, math.nan])
    edges = dict(points=hexed(points), lut=hexed(lut), indices=nearest(points[None], lut)[0].tolist())
    return {"layers": layers, "large": large, "nearest": edges}


torch.set_num_threads(1)
for name in (float16, archive, random, requantize):
    (OUT / f"{name.__name__}.json").write_text(json.dumps(name(), indent=0) + "\n")
