#!/usr/bin/env python3
"""Compares a pair of Qwen3-0.6B-size checkpoints with qtrace and with PyTorch, and checks that they agree.

    python scripts/bench/pair.py make DIR             writes DIR/parent.pt and DIR/child.pt, about 4.4 GB each
    python scripts/bench/pair.py compare DIR          times both in turn, prints ratios, fails where results differ

Needs torch. Figures are of whole processes: wall seconds, and resident memory at its highest.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HIDDEN, LAYERS, MLP, VOCAB, RANK = 1024, 28, 3072, 151936, 32
PROJECTIONS = {
    "self_attn.q_proj": (2048, HIDDEN),
    "self_attn.k_proj": (1024, HIDDEN),
    "self_attn.v_proj": (1024, HIDDEN),
    "self_attn.o_proj": (HIDDEN, 2048),
    "mlp.gate_proj": (MLP, HIDDEN),
    "mlp.up_proj": (MLP, HIDDEN),
    "mlp.down_proj": (HIDDEN, MLP),
}
QTRACE = pathlib.Path(__file__).resolve().parent.parent / "qtrace"


def make(folder):
    """A parent, and a child that training made of it: scales moved, some `_Q` drifted, one weight touched."""
    import torch

    generator = torch.Generator().manual_seed(2026)
    positive = torch.tensor([0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 2.0])
    lut = torch.cat([-positive.flip(0), positive])
    state = {"model.embed_tokens.weight": torch.randn(VOCAB, HIDDEN, generator=generator)}
    for layer in range(LAYERS):
        for name, (out, inp) in PROJECTIONS.items():
            prefix = f"model.layers.{layer}.{name}"
            indices = torch.randint(0, 16, (out, inp), generator=generator, dtype=torch.int16)
            state[f"{prefix}.weight"] = torch.randn(out, inp, generator=generator).bfloat16()
            state[f"{prefix}.lut"] = lut.clone()
            state[f"{prefix}._indices"] = indices
            state[f"{prefix}._Q"] = lut[indices.long()]
            state[f"{prefix}.scale_A"] = torch.randn(out, RANK, generator=generator)
            state[f"{prefix}.scale_B"] = torch.randn(RANK, inp, generator=generator)
            state[f"{prefix}.rank_magnitude"] = torch.rand(RANK, generator=generator)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / "parent.pt")
    for layer in range(LAYERS):
        for name in PROJECTIONS:
            prefix = f"model.layers.{layer}.{name}"
            for scale in ("scale_A", "scale_B", "rank_magnitude"):
                state[f"{prefix}.{scale}"] *= 1.001
            if layer % 7 == 0:
                state[f"{prefix}._Q"].mul_(1.0009765625)
    state["model.layers.3.mlp.up_proj.weight"][1234, 567] += 1
    torch.save(state, folder / "child.pt")


def torch_compare(folder):
    """What the notebook does, for the statistics that qtrace gives; prints them as JSON."""
    import torch

    left = torch.load(folder / "parent.pt", map_location="cpu", weights_only=True)
    right = torch.load(folder / "child.pt", map_location="cpu", weights_only=True)
    tensors = {}
    for name in sorted(left):
        a, b = left[name], right[name]
        if torch.equal(a, b):
            tensors[name] = {"status": "IDENTICAL"}
        else:
            diff = (a.float() - b.float()).abs()
            tensors[name] = {
                "status": "CHANGED",
                "changed_elements": int((diff != 0).sum()),
                "max_abs": diff.max().item(),
                "sum_abs": diff.double().sum().item(),
            }
    json.dump(tensors, sys.stdout)


def timed(command):
    """Runs a command: its output, wall seconds and peak resident bytes."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        sys.exit(f"exit status {code} of {' '.join(map(str, command))}")
    return output, time.monotonic() - started, usage.ru_maxrss * 1024


def differences(expected, tensors):
    """Names whose status, counts or statistics are not PyTorch's."""
    found = {tensor["name"]: tensor for tensor in tensors}
    wrong = sorted(expected.keys() ^ found.keys())
    for name in expected.keys() & found.keys():
        want, have = expected[name], found[name]
        same = want["status"] == have["status"]
        if same and want["status"] == "CHANGED":
            same = (
                want["changed_elements"] == have["changed_elements"]
                and want["max_abs"] == have["max_abs"]
                and abs(want["sum_abs"] - have["sum_abs"]) <= 1e-6 * want["sum_abs"]
            )
        if not same:
            wrong.append(name)
    return wrong


def compare(folder, runs):
    ours = [QTRACE, "--driver-memory", "1g", "diff", folder / "parent.pt", folder / "child.pt"]
    theirs = [sys.executable, __file__, "torch", folder]
    ratios = []
    for run in range(runs):
        torch_out, torch_wall, torch_peak = timed(theirs)
        qtrace_out, qtrace_wall, qtrace_peak = timed([*ours, "--format", "json"])
        wrong = differences(json.loads(torch_out), json.loads(qtrace_out)["tensors"])
        if wrong:
            sys.exit(f"{len(wrong)} tensors differ from PyTorch, such as {wrong[0]}")
        ratios.append(torch_wall / qtrace_wall)
        print(
            f"run {run + 1}: PyTorch {torch_wall:.1f} s, {torch_peak / 1e9:.2f} GB resident; "
            f"qtrace {qtrace_wall:.1f} s, {qtrace_peak / 1e9:.2f} GB resident; ratio {ratios[-1]:.2f}"
        )
    print(f"median ratio PyTorch / qtrace: {statistics.median(ratios):.2f}; all results equal")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["make", "torch", "compare"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.what == "make":
        make(arguments.folder)
    elif arguments.what == "torch":
        torch_compare(arguments.folder)
    else:
        compare(arguments.folder, arguments.runs)


if __name__ == "__main__":
    main()
