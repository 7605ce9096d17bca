#!/usr/bin/env python3
"""Compares a pair of Qwen3-0.6B-size checkpoints with qtrace and with PyTorch, and checks that they agree.

    python scripts/bench/pair.py make DIR [--bf16] [--near]              writes a pair, 4.2 GB each, 2.5 GB with --bf16
    python scripts/bench/pair.py compare DIR [--md5] [--trust-crc]       times all in turn, fails where results differ

--near makes a pair of which 1 % of the bytes differ. Each run reads both files and does nothing with them, lets qtrace
compare two small files and then the pair, and PyTorch compare it as the notebook does and with mapped files. Times are wall
seconds of whole processes, reading alone aside; work is qtrace's time without that of the small files. Memory is resident
memory at its highest; read are the bytes that system calls read. Needs Linux and torch.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
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
SIDES = ["parent.pt", "child.pt"]
SMALL = "small.pt"
CASES = {
    "read": "read both files",
    "start": "qtrace, two small files",
    "qtrace": "qtrace, the pair",
    "torch": "PyTorch, as the notebook",
    "mmap": "PyTorch, mapped files",
}


def make(folder, dtype, near):
    """A parent, and a child that training made of it: scales moved, some `_Q` drifted, one weight touched."""
    import torch

    generator = torch.Generator().manual_seed(2026)
    positive = torch.tensor([0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 2.0])
    lut = torch.cat([-positive.flip(0), positive])
    state = {"model.embed_tokens.weight": torch.randn(VOCAB, HIDDEN, generator=generator).to(dtype)}
    for layer in range(LAYERS):
        for name, (out, inp) in PROJECTIONS.items():
            prefix = f"model.layers.{layer}.{name}"
            indices = torch.randint(0, 16, (out, inp), generator=generator, dtype=torch.int16)
            state[f"{prefix}.weight"] = torch.randn(out, inp, generator=generator).bfloat16()
            state[f"{prefix}.lut"] = lut.clone()
            state[f"{prefix}._indices"] = indices
            state[f"{prefix}._Q"] = lut[indices.long()].to(dtype)
            state[f"{prefix}.scale_A"] = torch.randn(out, RANK, generator=generator).to(dtype)
            state[f"{prefix}.scale_B"] = torch.randn(RANK, inp, generator=generator).to(dtype)
            state[f"{prefix}.rank_magnitude"] = torch.rand(RANK, generator=generator).to(dtype)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / SIDES[0])
    torch.save({"model.norm.weight": torch.ones(HIDDEN)}, folder / SMALL)
    for layer in range(LAYERS):
        if near and layer % 2:
            continue
        for name in PROJECTIONS:
            prefix = f"model.layers.{layer}.{name}"
            for scale in ("scale_A", "scale_B", "rank_magnitude"):
                state[f"{prefix}.{scale}"] *= 1.01
            if layer % 7 == 0 and not near:
                state[f"{prefix}._Q"].mul_(1.01)
    if not near:
        state["model.layers.3.mlp.up_proj.weight"][1234, 567] += 1
    torch.save(state, folder / SIDES[1])


def digest(tensor):
    import torch

    return hashlib.md5(tensor.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()[:16]


def torch_compare(folder, mapped, md5):
    """What the notebook does, for the statistics that qtrace gives; prints them as JSON."""
    import torch

    left, right = (torch.load(folder / side, map_location="cpu", weights_only=True, mmap=mapped) for side in SIDES)
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
        if md5:
            tensors[name] |= {"left_md5_16": digest(a), "right_md5_16": digest(b)}
    json.dump(tensors, sys.stdout)


def read(folder):
    """Reads both files at once, in blocks of 1 MiB; prints the seconds."""

    def whole(side):
        block = bytearray(2**20)
        with open(folder / side, "rb", buffering=0) as file:
            while file.readinto(block):
                pass

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(SIDES)) as pool:
        list(pool.map(whole, SIDES))
    print(time.monotonic() - started)


def timed(command):
    """Runs a command: its output, wall seconds, peak resident bytes, and bytes that it read."""
    bytes_read, stop = [0], threading.Event()
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def sample():
        while not stop.wait(0.02):
            with contextlib.suppress(OSError, IndexError):
                bytes_read.append(int(pathlib.Path(f"/proc/{process.pid}/io").read_text().split()[1]))

    sampler = threading.Thread(target=sample)
    sampler.start()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    stop.set()
    sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"exit status {process.returncode} of {' '.join(map(str, command))}")
    return output, {"seconds": wall, "peak": usage.ru_maxrss * 1024, "read": max(bytes_read)}


def differences(expected, tensors):
    """Names whose status, counts, statistics or digests are not PyTorch's."""
    found = {tensor["name"]: tensor for tensor in tensors}
    wrong = sorted(expected.keys() ^ found.keys())
    for name in expected.keys() & found.keys():
        want, have = dict(expected[name]), found[name]
        total = want.pop("sum_abs", 0)
        same = all(have.get(key) == value for key, value in want.items())
        if not same or abs(total - (have.get("sum_abs") or 0)) > 1e-6 * total:
            wrong.append(name)
    return wrong


def commands(folder, md5, trust_crc):
    """What each case runs; reading comes first, so that all find the files in the page cache."""
    options = ["--format", "json", *["--md5"] * md5, *["--trust-crc"] * trust_crc]
    qtrace = [QTRACE, "--driver-memory", "1g", "diff"]
    own = [sys.executable, __file__]
    return {
        "read": [*own, "read", folder],
        "start": [*qtrace, folder / SMALL, folder / SMALL, *options],
        "qtrace": [*qtrace, *[folder / side for side in SIDES], *options],
        "torch": [*own, "torch", folder, *["--md5"] * md5],
        "mmap": [*own, "torch", folder, "--mmap", *["--md5"] * md5],
    }


def measured(folder, md5, trust_crc):
    """One run of each case."""
    outputs, run = {}, {}
    for case, command in commands(folder, md5, trust_crc).items():
        outputs[case], run[case] = timed(command)
    run["read"]["seconds"] = float(outputs["read"])
    tensors = json.loads(outputs["qtrace"])["tensors"]
    for case in ("torch", "mmap"):
        wrong = differences(json.loads(outputs[case]), tensors)
        if wrong:
            sys.exit(f"{len(wrong)} tensors differ from PyTorch, such as {wrong[0]}")
    return run


def ratios(run, size):
    work = max(run["qtrace"]["seconds"] - run["start"]["seconds"], 0.01)
    return {
        "PyTorch / qtrace": run["torch"]["seconds"] / run["qtrace"]["seconds"],
        "PyTorch mapped / qtrace": run["mmap"]["seconds"] / run["qtrace"]["seconds"],
        "PyTorch / work": run["torch"]["seconds"] / work,
        "reading / work": run["read"]["seconds"] / work,
        "seconds of work a GB": work / size * 1e9,
        "bytes read / size": max(run["qtrace"]["read"] - run["start"]["read"], 0) / size,
    }


def compare(folder, runs, md5, trust_crc, report):
    size = sum((folder / side).stat().st_size for side in SIDES)
    all_runs = [measured(folder, md5, trust_crc) for _ in range(runs)]
    medians = {
        case: {key: statistics.median(run[case][key] for run in all_runs) for key in ("seconds", "peak", "read")}
        for case in CASES
    }
    print(f"{runs} runs, {size / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f}; all results equal\n")
    print(f"{'median':26} {'seconds':>8} {'spread':>15} {'peak GB':>8} {'read GB':>8}")
    for case, label in CASES.items():
        each = sorted(run[case]["seconds"] for run in all_runs)
        spread = f"{each[0]:.1f} to {each[-1]:.1f}"
        row = medians[case]
        print(f"{label:26} {row['seconds']:8.2f} {spread:>15} {row['peak'] / 1e9:8.2f} {row['read'] / 1e9:8.2f}")
    found = ratios(medians, size)
    print()
    for label, ratio in found.items():
        print(f"{label:26} {ratio:8.3f}")
    if report:
        report.write_text(json.dumps({"size": size, "medians": medians, "ratios": found, "runs": all_runs}, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["make", "read", "torch", "compare"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--bf16", action="store_true", help="make all but LUTs and indices bfloat16")
    parser.add_argument("--near", action="store_true", help="make a pair that is 99 %% equal")
    parser.add_argument("--md5", action="store_true", help="compare MD5 of tensors too")
    parser.add_argument("--trust-crc", action="store_true", help="pass it to qtrace")
    parser.add_argument("--mmap", action="store_true", help="map the files into memory (torch)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path, help="write all figures to a file")
    arguments = parser.parse_args()
    if arguments.md5 and arguments.trust_crc:
        parser.error("--md5 and --trust-crc: tensors that are not read have no MD5")
    if arguments.what == "make":
        import torch

        make(arguments.folder, torch.bfloat16 if arguments.bf16 else torch.float32, arguments.near)
    elif arguments.what == "read":
        read(arguments.folder)
    elif arguments.what == "torch":
        torch_compare(arguments.folder, arguments.mmap, arguments.md5)
    else:
        compare(arguments.folder, arguments.runs, arguments.md5, arguments.trust_crc, arguments.json)


if __name__ == "__main__":
    main()
