"""A synthetic run archive, and the comparisons that qtrace makes of it in a plain PyTorch loop."""

import collections
import dataclasses
import json
import os
import pathlib
import re

import torch
from pair import PROJECTIONS


def make(out, runs, steps, layers):
    """An initial checkpoint and runs that start there; each step moves scales and LUT deltas, and nothing else."""
    generator = torch.Generator().manual_seed(1)
    positive = torch.tensor([0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 2.0])
    lut = torch.cat([-positive.flip(0), positive])
    initial = {}
    for layer in range(layers):
        for projection in PROJECTIONS:
            prefix = f"model.layers.{layer}.{projection}"
            indices = torch.randint(0, 16, (16, 16), generator=generator, dtype=torch.int16)
            initial[f"{prefix}.weight"] = torch.randn(16, 16, generator=generator)
            initial[f"{prefix}.lut"] = lut.clone()
            initial[f"{prefix}._indices"] = indices
            initial[f"{prefix}._Q"] = lut[indices.long()]
            initial[f"{prefix}.scale_A"] = torch.randn(16, 4, generator=generator)
            initial[f"{prefix}.scale_B"] = torch.randn(4, 16, generator=generator)
            initial[f"{prefix}.rank_magnitude"] = torch.rand(4, generator=generator)
    deltas = {name.removesuffix("lut") + "_lut_raw_deltas": torch.zeros(8) for name in initial if name.endswith(".lut")}
    folder = out / "init"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(initial, folder / "v2_initial.pt")
    (folder / "config.json").write_text("{}")
    for run in range(runs):
        folder = out / f"run{run:04d}"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"source_checkpoint": "runs/init/v2_initial.pt"}))
        state = initial | deltas
        for step in range(1, steps + 1):
            for name, tensor in state.items():
                if name.endswith((".scale_A", ".scale_B", ".rank_magnitude")):
                    state[name] = tensor + 1e-3 * torch.randn(tensor.shape, generator=generator)
                elif name.endswith("._lut_raw_deltas"):
                    state[name] = tensor + 1e-2 * torch.randn(tensor.shape, generator=generator)
            torch.save(state, folder / f"checkpoint_step{step * 100}.pt")


def add_step(archive):
    """Saves one more step of the last run: its last step with the scales moved."""
    last = [run for run in runs_of(archive) if run.steps][-1].steps[-1]
    state = torch.load(last, map_location="cpu", weights_only=True)
    for name in state:
        if name.endswith((".scale_A", ".scale_B")):
            state[name] = state[name] + 1e-3
    torch.save(state, last.with_name(f"checkpoint_step{step_of(last) + 100}.pt"))


@dataclasses.dataclass
class Run:
    source: pathlib.Path | None
    steps: list
    others: list

    def loads(self):
        return [self.source] * (self.source is not None) + self.others + self.steps


def step_of(path):
    found = re.fullmatch(r"checkpoint_step(\d+)\.pt", path.name)
    return int(found[1]) if found else None


def runs_of(archive):
    """The runs of an archive in order, each with the checkpoint that its config.json names, steps in order."""
    runs = []
    for folder in sorted({path.parent for path in archive.glob("*/*.pt")}):
        config = folder / "config.json"
        declared = json.loads(config.read_text()).get("source_checkpoint") if config.exists() else None
        source = archive.joinpath(*pathlib.Path(declared).parts[-2:]) if declared else None
        files = sorted(folder.glob("*.pt"))
        steps = sorted((file for file in files if step_of(file) is not None), key=step_of)
        others = [file for file in files if step_of(file) is None]
        runs.append(Run(source if source and source.exists() else None, steps, others))
    return runs


class Loader:
    """Loads and examines each checkpoint once, and keeps it as long as a later run needs it."""

    def __init__(self, runs, totals):
        self.uses = collections.Counter(path for run in runs for path in run.loads())
        self.kept = {}
        self.totals = totals

    def load(self, path):
        state = self.kept.pop(path, None)
        if state is None:
            state = torch.load(path, map_location="cpu", weights_only=True)
            examine(state, self.totals)
        self.uses[path] -= 1
        if self.uses[path]:
            self.kept[path] = state
        return state


def examine(state, totals):
    """What qtrace records of one checkpoint: statistics of each tensor, and whether `_Q` is `lut[_indices]`."""
    totals["checkpoints"] += 1
    for name, tensor in state.items():
        low, high = tensor.aminmax()
        totals["tensors"] += 1
        totals["min"] += low.item()
        totals["max"] += high.item()
        totals["sum"] += tensor.sum(dtype=torch.float64).item()
        if name.endswith("._Q"):
            layer = name.removesuffix("_Q")
            expected = state[layer + "lut"][state[layer + "_indices"].long()]
            totals["layers"] += 1
            totals["stale_layers"] += not torch.equal(tensor, expected)


def compare(left, right):
    """What the notebook does for a pair, for the statistics that qtrace gives, as sums over its tensors."""
    common = [name for name in right if name in left]
    sums = {"tensors_compared": len(common), "added": len(right) - len(common), "removed": len(left) - len(common)}
    sums |= dict.fromkeys(("changed_tensors", "changed_elements", "first_changed", "max_abs", "mean_abs", "sum_abs"), 0)
    for name in common:
        a, b = left[name], right[name]
        if not torch.equal(a, b):
            diff = (a.float() - b.float()).abs()
            sums["changed_tensors"] += 1
            sums["changed_elements"] += int(diff.count_nonzero())
            sums["first_changed"] += int(diff.flatten().nonzero()[0])
            sums["max_abs"] += diff.max().item()
            sums["mean_abs"] += diff.mean(dtype=torch.float64).item()
            sums["sum_abs"] += diff.sum(dtype=torch.float64).item()
    return sums


def pairs_of(archive, totals):
    """Compares source and step, and step and next step, of every run, as sums over the tensors of a pair."""
    runs = runs_of(archive)
    loader = Loader(runs, totals)
    for run in runs:
        source = loader.load(run.source) if run.source else None
        for path in run.others:
            loader.load(path)
        before = None
        for step in run.steps:
            state = loader.load(step)
            for parent, left in ((run.source, source), before or (None, None)):
                if parent:
                    ends = [str(path.relative_to(archive)) for path in (parent, step)]
                    yield ends, compare(left, state)
            before = step, state


def torch_loop(archive, pairs_file):
    """Prints totals of all checkpoints and pairs as a line of JSON."""
    totals = collections.Counter()
    with open(pairs_file or os.devnull, "w") as file:
        for ends, sums in pairs_of(archive, totals):
            totals.update(sums, pairs=1)
            print(json.dumps({"parent_path": ends[0], "child_path": ends[1]} | sums), file=file)
    print(json.dumps(totals))
