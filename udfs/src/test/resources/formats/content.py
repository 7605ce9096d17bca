"""Writes special.pt, and content.json: what PyTorch says of the elements of these fixtures and of a sample checkpoint.

    content.py udfs/src/test/resources/formats job/src/sample/archive/runs
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import safetensors.torch
import torch

FORMATS, RUNS = map(Path, sys.argv[1:])
SAMPLE = "debug_lut_training/checkpoint_step20.pt"
MOST_VALUES = 64


def flat(value, prefix=""):
    if isinstance(value, torch.Tensor):
        return {prefix: value}
    parts = value.items() if isinstance(value, dict) else ()
    return {
        name: tensor
        for key, inner in parts
        for name, tensor in flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()
    }


def number(tensor):
    value = float(tensor)
    return value if math.isfinite(value) else json.dumps(value)


def facts(tensor):
    plain = tensor.detach().contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    elements = plain.reshape(-1)
    real = elements.to(torch.complex128).abs() if plain.is_complex() else elements.to(torch.float64)
    numbers = real[~real.isnan()]
    found = {
        "md5": hashlib.md5(data).hexdigest(),
        "nan": int(real.isnan().sum()),
        "inf": int(real.isinf().sum()),
        "zeros": int((real == 0).sum()),
    }
    if numbers.numel():
        found |= {"min": number(numbers.min()), "max": number(numbers.max())}
    if real.numel():
        found["mean"] = number(real.mean())
    if real.numel() > 1:
        found["std"] = number(real.std())
    if real.numel() <= MOST_VALUES:
        found["values"] = [number(value.real) for value in elements]
    return found


special = torch.tensor([0.0, -0.0, 1.5, float("inf"), -2.0, float("nan"), float("-inf"), 0.25])
torch.save(
    {
        "model.layers.0.mlp.up_proj.lut": special[[4, 2]].clone(),
        "special.float32": special,
        "special.bfloat16": special.bfloat16(),
        "special.nan": torch.full((3,), float("nan"), dtype=torch.float16),
        "special.one": torch.tensor(7, dtype=torch.int64),
        "special.empty": torch.empty(0, 4),
        "special.large": (torch.arange(40000) % 251).to(torch.uint8),
        "special.sparse": torch.eye(2).to_sparse(),
    },
    FORMATS / "special.pt",
)

content = {}
files = [FORMATS / name for name in json.loads((FORMATS / "expected.json").read_text())]
for file in [*files, FORMATS / "special.pt", RUNS / SAMPLE]:
    if file.suffix == ".safetensors":
        tensors = safetensors.torch.load_file(file)
    else:
        tensors = torch.load(file, weights_only=False)
    tensors = {
        name: tensor for name, tensor in flat(tensors).items() if tensor.layout == torch.strided
    }
    content[SAMPLE if file.is_relative_to(RUNS) else file.name] = {
        name: facts(tensor) for name, tensor in tensors.items()
    }
lines = [
    f'"{file}": {{\n'
    + ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in tensors.items())
    + "\n}"
    for file, tensors in content.items()
]
(FORMATS / "content.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
