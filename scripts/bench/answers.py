#!/usr/bin/env python3
"""Compares what two versions of qtrace report about one archive: rows of the tables, and JSON of the commands that read them.

    git worktree add /tmp/before <commit>
    python scripts/bench/answers.py /tmp/before/scripts/qtrace scripts/qtrace

Identifiers, times, versions and sentences are ignored; columns that only one version has are named but do not count.
Exits 1 if numbers, names, kinds, causes or verdicts differ.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ARCHIVE = ROOT / "job" / "src" / "sample" / "archive"
TABLES = ["checkpoints", "tensors", "invariants", "edges", "changes", "q_changes"]
IDENTIFIERS = {"audit_id", "checkpoint_id", "parent_id", "child_id", "archive_audit_id", "policy_hash", "rules_hash"}
TIMES = {"started", "finished", "modified", "seconds", "tokens_per_second"}
SENTENCES = {"message", "detail", "notes", "conclusions", "conclusion", "text", "description", "reason", "error"}
COSTS = {"bytes_read", "bytes_skipped", "tensors_compared", "reading", "qtrace_version", "sketch", "warehouse"}
ASIDE = IDENTIFIERS | TIMES | SENTENCES | COSTS
KEYS = ["path", "parent_path", "child_path", "run", "name", "layer", "kind", "rule"]


def asked(command, *words):
    """JSON of a command; statuses other than 0 and 1 are failures."""
    ended = subprocess.run([command, *words, "--format", "json"], stdout=subprocess.PIPE)
    if ended.returncode not in (0, 1):
        sys.exit(f"{command} {' '.join(map(str, words))}: status {ended.returncode}")
    return {"status": ended.returncode, "json": json.loads(ended.stdout)}


def answers(command, archive, folder, pairs):
    """All that a version says of an archive, by the question."""
    warehouse = ["--warehouse", folder]
    found = {"audit": asked(command, "audit", "--archive", archive, *warehouse)}
    for table in TABLES:
        found[table] = asked(command, "sql", "-e", f"SELECT * FROM lineage.qtrace.{table}", *warehouse)
    found["lineage"] = asked(command, "lineage", *warehouse)
    edges = [row for row in found["edges"]["json"] if pairs and row["kind"] != "several"]
    for edge in sorted(edges, key=lambda row: (row["child_path"], row["parent_path"])):
        pair = [archive / edge["parent_path"], archive / edge["child_path"]]
        for what in ("diff", "explain"):
            found[f"{what} {edge['parent_path']} {edge['child_path']}"] = asked(command, what, *pair)
    return found


def named(row):
    """What rows are put in order by: first what names them, then the rest."""
    if not isinstance(row, dict):
        return json.dumps(row)
    names = [str(row.get(key)) for key in KEYS]
    return json.dumps([names, {key: value for key, value in row.items() if key not in ASIDE}], sort_keys=True)


def differences(old, new, place):
    """Places where two answers differ, and columns of only one of them."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key in ASIDE:
                continue
            if key not in old or key not in new:
                yield "column", f"{place.split('[')[0]}.{key} is only in the {'new' if key in new else 'old'} version"
            else:
                yield from differences(old[key], new[key], f"{place}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield "value", f"{place}: {len(old)} and {len(new)} entries"
        for i, (one, other) in enumerate(zip(sorted(old, key=named), sorted(new, key=named))):
            yield from differences(one, other, f"{place}[{i}]")
    elif old != new:
        yield "value", f"{place}: {json.dumps(old)[:120]} and {json.dumps(new)[:120]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path, help="the qtrace command of the earlier version")
    parser.add_argument("new", type=pathlib.Path, help="the qtrace command of the version to check")
    parser.add_argument("--archive", type=pathlib.Path, default=ARCHIVE / "runs", help="archive to audit (default: %(default)s)")
    parser.add_argument("--tables", action="store_true", help="skip diff and explain of each edge, which take minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        old, new = (
            answers(command.resolve(), options.archive.resolve(), pathlib.Path(scratch) / name, not options.tables)
            for command, name in ((options.old, "old"), (options.new, "new"))
        )
    found = [found for what in new if what in old for found in differences(old[what], new[what], what)]
    found += [("value", f"{what}: asked of one version only") for what in old.keys() ^ new.keys()]
    for text in sorted({text for kind, text in found if kind == "column"}):
        print(text)
    wrong = [text for kind, text in found if kind == "value"]
    for text in wrong:
        print(text)
    print(f"{len(new)} answers compared, {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
