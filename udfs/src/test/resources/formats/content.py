"""What PyTorch and NumPy say of the elements of checkpoints, as JSON by file and tensor.

    content.py FILE...                               prints it, by path
    content.py --write udfs/src/test/resources/formats   writes special.pt, and content.json for the files of the folder
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy
import safetensors.torch
import torch

MOST_VALUES = 64
BUCKETS = 5


class M(torch.nn.Module):
    """The class of whole_module.pt."""


def flat(value, prefix=""):
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        return {prefix or "tensor": value}
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    parts = value.items() if isinstance(value, dict) else ()
    return {
        name: tensor
        for key, inner in parts
        for name, tensor in flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()
    }


def load(file):
    if file.suffix == ".safetensors":
        return safetensors.torch.load_file(file)
    tensors = flat(torch.load(file, weights_only=False))
    return {
        name: tensor.detach()
        for name, tensor in tensors.items()
        if tensor.layout == torch.strided and not tensor.is_quantized
    }


def number(value):
    value = float(value)
    return value if math.isfinite(value) else json.dumps(value)


def numbers(values):
    return [number(value) for value in values]


def is_index(tensor):
    if tensor.is_floating_point() or tensor.is_complex():
        return False
    return bool(((tensor.to(torch.int64) >= 0) & (tensor.to(torch.int64) < 256)).all())


def facts(tensor):
    plain = tensor.contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    elements = plain.reshape(-1)
    sizes = elements.to(torch.complex128).abs() if plain.is_complex() else elements.to(torch.float64)
    values = elements.to(torch.complex128).real if plain.is_complex() else sizes
    values = torch.where(values.isnan(), torch.nan, values).numpy()
    present = sizes[~sizes.isnan()]
    counts, edges = numpy.histogram(values[numpy.isfinite(values)], BUCKETS)
    found = {
        "md5": hashlib.md5(data).hexdigest(),
        "nan": int(sizes.isnan().sum()),
        "inf": int(sizes.isinf().sum()),
        "zeros": int((sizes == 0).sum()),
        "float64": hashlib.md5(values.astype("<f8").tobytes()).hexdigest(),
        "slice": numbers(values[1:4]),
        "histogram": {"counts": counts.tolist(), "edges": edges.tolist()},
    }
    if present.numel():
        found |= {"min": number(present.min()), "max": number(present.max())}
    if sizes.numel():
        found["mean"] = number(sizes.mean())
    if sizes.numel() > 1:
        found["std"] = number(sizes.std())
    if sizes.numel():
        found["norm"] = number(torch.linalg.vector_norm(sizes))
    if is_index(tensor):
        found["counts"] = torch.bincount(elements.to(torch.int64)).tolist()
    if len(values) <= MOST_VALUES:
        found["values"] = numbers(values)
    return found


def content(files):
    return {
        str(file): {name: facts(tensor) for name, tensor in load(file).items()} for file in files
    }


def write(folder):
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
        folder / "special.pt",
    )
    files = sorted([*folder.glob("*.pt"), *folder.glob("*.safetensors")])
    lines = [
        f'"{Path(file).name}": {{\n'
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in tensors.items())
        + "\n}"
        for file, tensors in content(files).items()
    ]
    (folder / "content.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if sys.argv[1] == "--write":
    write(Path(sys.argv[2]))
else:
    print(json.dumps(content(map(Path, sys.argv[1:]))))
