"""How checkpoints differ from a first one, and their _Q from lut[_indices], in PyTorch, as JSON by file.

    differences.py FILE FILE...
"""

import json
import sys

import torch

base, *others = sys.argv[1:]
left, found = torch.load(base), {}
for path in others:
    right = torch.load(path)
    layers = [name[:-3] for name in right if name.endswith("._Q")]
    diffs = {}
    for name in left.keys() & right.keys():
        a, b = left[name], right[name]
        wide = {a.dtype, b.dtype} & {torch.float64, torch.int64}
        d = (a.to(torch.float64 if wide else torch.float32)
             - b.to(torch.float64 if wide else torch.float32)).abs().flatten()
        at = d.nonzero()
        diffs[name] = [int((d != 0).sum()), float(d.max()), float(d.double().mean()),
            int(at[0]) if len(at) else None]
    found[path] = {
        "diffs": diffs,
        "added": sorted(right.keys() - left.keys()),
        "removed": sorted(left.keys() - right.keys()),
        "residuals": {layer: int((right[layer + "._Q"].float()
            != right[layer + ".lut"].float()[right[layer + "._indices"].long()]).sum())
            for layer in layers},
    }
print(json.dumps(found))
