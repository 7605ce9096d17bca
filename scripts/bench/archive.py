#!/usr/bin/env python3
"""Audits a synthetic run archive with qtrace, makes the same comparisons in PyTorch, and checks that they agree.

    python scripts/bench/archive.py make OUT RUNS STEPS LAYERS   writes the archive
    python scripts/bench/archive.py torch ARCHIVE                compares its checkpoints in a PyTorch loop
    python scripts/bench/archive.py measure ARCHIVE              times both in turn, fails where answers differ
    python scripts/bench/archive.py growth SMALL LARGE           audits both: ratio of time and of the driver's heap
    python scripts/bench/archive.py cluster ARCHIVE              compares rows of audits in one process and on a cluster

Needs Linux and, for make, torch and measure, PyTorch. QTRACE names the command to measure, by default scripts/qtrace.
Times are of whole processes, start-up included. Memory is that of a command and all of its descendants together, sampled
every 50 ms; pages that they share count for each of them. Heap is the driver's, from its GC log.
"""

import argparse
import collections
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from processes import heap, timed

QTRACE = os.environ.get("QTRACE") or pathlib.Path(__file__).resolve().parent.parent / "qtrace"
CASES = {
    "torch": "PyTorch loop",
    "audit": "audit, fresh warehouse",
    "start": "sql -e 'SELECT 1'",
    "again": "audit, nothing new",
    "added": "audit, one new checkpoint",
}
# Identifiers, which depend on locations and times, and these themselves.
LEFT_OUT = ["audit_id", "checkpoint_id", "parent_id", "child_id", "inferred_id", "declared_id", "uri", "archive"]
LEFT_OUT += ["modified", "etag", "started", "finished", "report"]
SUMS = ["changed_elements", "first_changed", "max_abs", "mean_abs", "sum_abs"]


def qtrace(folder, submit, *words):
    """Runs qtrace; its GC log goes into a folder."""
    log = folder / "gc.log"
    log.unlink(missing_ok=True)
    # conf/ has the default options.
    options = ["--conf", f"spark.driver.extraJavaOptions=-Xlog:gc,gc+heap+exit:file={log}"]
    ended = timed([QTRACE, *options, *submit, *words])
    ended.heap_before_gc, ended.heap_after_gc = heap(log)
    return ended


def audit(archive, folder, submit, warehouse):
    summary = folder / "summary.json"
    options = ["--archive", archive, "--warehouse", warehouse, "--summary", summary, "--fail-on", "never", "--quiet"]
    ended = qtrace(folder, submit, "audit", *options)
    ended.summary = json.loads(summary.read_text())["audit"]
    return ended


def sql(warehouse, query):
    return json.loads(timed([QTRACE, "sql", "--warehouse", warehouse, "--format", "json", "-e", query]).output)


def prepare():
    """The first call of qtrace may build it."""
    subprocess.run([QTRACE, "--version"], check=True, stdout=subprocess.DEVNULL)


def check_answers(totals, pairs, warehouse):
    """Compares the tables of a fresh warehouse with PyTorch's answers, pair by pair; exits where they differ."""
    sums = ", ".join(f"sum({column}) AS {column}" for column in SUMS)
    rows = sql(
        warehouse,
        f"""SELECT parent_path, child_path, kind, added, removed, c.*, (SELECT count(*) FROM checkpoints) AS checkpoints
        FROM edges AS e LEFT JOIN (SELECT parent_id, child_id, count(*) AS changed_tensors, {sums}
          FROM changes WHERE status = 'CHANGED' GROUP BY parent_id, child_id) AS c
        ON e.parent_id = c.parent_id AND e.child_id = c.child_id""",
    )
    edges = {(row["parent_path"], row["child_path"]): row for row in rows}
    with_rows, wrong, found = 0, [], collections.Counter()
    for pair in pairs:
        ends = pair["parent_path"], pair["child_path"]
        edge = edges.get(ends)
        if edge is None:
            wrong.append(f"{ends}: expected an edge, found none")
        elif edge["changed_tensors"]:
            with_rows += 1
            have = {key: edge[key] for key in ["added", "removed", "changed_tensors", *SUMS]}
            found.update(have)
            # Terms of the sums are equal but for the order of additions, which the mean and sum of a tensor depend on.
            tolerance = collections.defaultdict(lambda: 1e-9, mean_abs=1e-6, sum_abs=1e-6)
            for key, value in have.items():
                if not math.isclose(value, pair[key], rel_tol=tolerance[key]):
                    wrong.append(f"{ends}: expected {key} {pair[key]}, found {value}")
        elif pair["changed_tensors"] and edge["kind"] not in ("several", "none"):
            wrong.append(f"{ends}: expected {pair['changed_tensors']} changed tensors, found none")
    checkpoints = rows[0]["checkpoints"] if rows else 0
    if checkpoints != totals["checkpoints"]:
        wrong.append(f"expected {totals['checkpoints']} checkpoints, found {checkpoints}")
    if wrong:
        sys.exit("\n".join([f"{len(wrong)} answers differ from PyTorch's:", *wrong[:10]]))
    return {"checkpoints": checkpoints, "pairs": len(pairs), "pairs_with_rows": with_rows, "edges": len(edges), **found}


def medians(several):
    """Median figures of runs of one command, and what its last audit reported."""
    keys = several[0].figures()
    reported = ["checkpoints", "checkpoints_read", "edges", "bytes_read", "bytes_skipped", "tensors_compared"]
    figures = {key: statistics.median(getattr(ended, key) for ended in several) for key in keys}
    return figures | {key: several[-1].summary[key] for key in reported if key in several[-1].summary}


def print_table(rows):
    """Prints a line of figures for each label."""
    columns = {"wall": "wall s", "cpu": "CPU s", "peak": "peak MiB", "peak_largest": "largest process MiB"}
    columns |= {"heap_before_gc": "heap before GC MiB", "heap_after_gc": "after GC MiB"}
    columns |= {"checkpoints_read": "read", "bytes_read": "bytes read", "bytes_skipped": "bytes skipped"}
    print("  ".join([f"{'median':25}", *columns.values()]))
    for label, row in rows.items():
        cells = []
        for key, title in columns.items():
            value = row.get(key, "")
            cells.append(f"{f'{value:.1f}' if isinstance(value, float) else value:>{len(title)}}")
        print("  ".join([f"{label:25}", *cells]))


def measure_once(archive, submit, only, scratch):
    """Runs each case once on a copy of the archive, whose files are links."""
    copy, warehouse, pairs_file = scratch / "archive", scratch / "warehouse", scratch / "pairs.jsonl"
    shutil.copytree(archive, copy, copy_function=os.link)
    ended, answers = {}, None
    if "torch" in only:
        ended["torch"] = timed([sys.executable, __file__, "torch", copy, "--pairs", pairs_file])
    if "audit" in only:
        ended["audit"] = audit(copy, scratch, submit, warehouse)
    if "torch" in only and "audit" in only:
        pairs = [json.loads(line) for line in pairs_file.read_text().splitlines()]
        answers = check_answers(json.loads(ended["torch"].output), pairs, warehouse)
    if "start" in only:
        ended["start"] = qtrace(scratch, submit, "sql", "--warehouse", warehouse, "-e", "SELECT 1")
    if "again" in only:
        ended["again"] = audit(copy, scratch, submit, warehouse)
    if "added" in only:
        from run_archive import add_step

        add_step(copy)
        ended["added"] = audit(copy, scratch, submit, warehouse)
    return ended, answers


def measure(archive, runs, submit, only):
    prepare()
    for file in archive.glob("*/*.pt"):
        file.read_bytes()  # so that no case is the first to read from the disk
    measured = collections.defaultdict(list)
    for run in range(runs):
        # On the same file system, for links.
        with tempfile.TemporaryDirectory(prefix="bench-", dir=archive.resolve().parent) as scratch:
            ended, answers = measure_once(archive, submit, only, pathlib.Path(scratch))
        print(f"run {run + 1}:", ", ".join(f"{case} {one.wall:.1f} s" for case, one in ended.items()), flush=True)
        for case, one in ended.items():
            measured[case].append(one)
    result = {case: medians(several) for case, several in measured.items()}
    print_table({CASES[case]: row for case, row in result.items()})
    ids = [measured[case][-1].summary["audit_id"] for case in ("audit", "again") if case in measured]
    if len(ids) > len(set(ids)):
        print(f"{CASES['again']}: has the id of the first audit, whose counts it reports")
    ratios, over_start = {}, {}
    for case in [case for case in ("audit", "again", "added") if case in result]:
        if "torch" in result:
            ratios[case] = {key: result[case][key] / result["torch"][key] for key in ("wall", "cpu", "peak")}
        if "start" in result:
            over_start[case] = {key: result[case][key] - result["start"][key] for key in ("wall", "cpu")}
    for title, each in (("qtrace / PyTorch", ratios), ("seconds over SELECT 1", over_start)):
        for case, values in each.items():
            cells = ", ".join(f"{key} {value:.2f}" for key, value in values.items())
            print(f"{title}, {CASES[case]}: {cells}")
    print(f"all answers equal: {json.dumps(answers)}" if answers else "answers not compared")
    every = {case: [one.figures() for one in several] for case, several in measured.items()}
    return {"medians": result, "ratios": ratios, "over_start": over_start, "answers": answers, "runs": every}


def growth(small, large, runs, submit):
    """How much more an audit of a larger archive takes."""
    prepare()
    measured = {small: [], large: []}
    for _ in range(runs):
        for archive, several in measured.items():
            with tempfile.TemporaryDirectory() as scratch:
                folder = pathlib.Path(scratch)
                several.append(audit(archive, folder, submit, folder / "warehouse"))
    less, more = (medians(several) for several in measured.values())
    print_table({small.name: less, large.name: more})
    keys = ["checkpoints", "wall", "cpu", "peak", "heap_after_gc", "heap_before_gc"]
    ratios = {key: more[key] / less[key] for key in keys if less[key]}
    print("large / small:", ", ".join(f"{key} {value:.2f}" for key, value in ratios.items()))
    return {"small": less, "large": more, "ratios": ratios}


ROW = f"""to_json(map_filter(from_json(to_json(struct(*)), 'map<string,string>'),
  (key, value) -> key NOT IN ({", ".join(f"'{column}'" for column in LEFT_OUT)})))"""


def digests(warehouse, tables):
    """Count and sum of the hashes of rows, in 1,024 buckets of each table."""
    query = " UNION ALL ".join(
        f"SELECT '{table}' AS table, pmod(hash, 1024) AS bucket, count(*) AS rows,"
        f" CAST(sum(CAST(hash AS DECIMAL(20, 0))) AS STRING) AS sum"
        f" FROM (SELECT xxhash64({ROW}) AS hash FROM {table}) GROUP BY bucket"
        for table in tables
    )
    return {(row["table"], row["bucket"]): (row["rows"], row["sum"]) for row in sql(warehouse, query)}


def cluster(archive, submit):
    """Compares the rows of an audit in one process with those of one on a local cluster; exits where they differ."""
    prepare()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        warehouses = {"local[*]": folder / "local", "local-cluster[2,1,1024]": folder / "cluster"}
        for master, warehouse in warehouses.items():
            ended = audit(archive, folder, ["--master", master, *submit], warehouse)
            print(f"{master}: {ended.wall:.1f} s", flush=True)
        local, spread = warehouses.values()
        tables = [row["tableName"] for row in sql(local, "SHOW TABLES IN lineage.qtrace")]
        left, right = digests(local, tables), digests(spread, tables)
        for table in tables:
            rows = [sum(count for (name, _), (count, _) in side.items() if name == table) for side in (left, right)]
            print(f"{table}: {rows[0]} rows, {rows[1]} on the cluster")
        wrong = sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))
        for table, bucket in wrong[:3]:
            query = f"SELECT row FROM (SELECT {ROW} AS row FROM {table}) WHERE pmod(xxhash64(row), 1024) = {bucket}"
            here, there = (collections.Counter(row["row"] for row in sql(side, query)) for side in (local, spread))
            print(f"{table}, only in one process: {list(here - there)[:1]}")
            print(f"{table}, only on the cluster: {list(there - here)[:1]}")
    if wrong:
        sys.exit(f"rows differ in {', '.join(sorted({table for table, _ in wrong}))}")
    print("all rows equal")


def run_archive(text):
    archive = pathlib.Path(text)
    if next(archive.glob("*/*.pt"), None) is None:
        raise argparse.ArgumentTypeError(f"no checkpoints RUN/*.pt in {archive}")
    return archive


def cases(text):
    only = text.split(",")
    unknown = set(only) - CASES.keys()
    if unknown:
        raise argparse.ArgumentTypeError(f"not a case: {', '.join(sorted(unknown))}; cases are {', '.join(CASES)}")
    if {"again", "added"} & set(only) and "audit" not in only:
        raise argparse.ArgumentTypeError("again and added need audit, which fills the warehouse")
    return only


def arguments():
    form = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser(description=__doc__, **form)
    modes = parser.add_subparsers(dest="what", required=True)

    def mode(name, text, *archives):
        added = modes.add_parser(name, description=text, **form)
        for archive in archives:
            added.add_argument(archive.lower(), metavar=archive, type=run_archive, help="folder that make has written")
        return added

    sizes = (
        "Writes OUT/init/v2_initial.pt and, for each run, OUT/runNNNN/checkpoint_step{100,200,...}.pt.\n"
        "A layer has 7 projections of 8 tensors. Standard sizes, as RUNS STEPS LAYERS:\n\n"
        "  49 20 4       981 checkpoints of 224 tensors, 154 MB\n"
        "  490 20 4    9,801 checkpoints of 224 tensors, 1.5 GB\n"
        "  6 21 30       127 checkpoints of 1,680 tensors"
    )
    making = mode("make", sizes)
    making.add_argument("out", metavar="OUT", type=pathlib.Path, help="folder for the archive, made where missing")
    for name, text in {"runs": "runs", "steps": "checkpoints of a run", "layers": "layers of a checkpoint"}.items():
        making.add_argument(name, metavar=name.upper(), type=int, help=f"number of {text}")
    looping = mode("torch", "Compares source and step, step and next step of every run in PyTorch.", "ARCHIVE")
    looping.add_argument("--pairs", metavar="FILE", help="write the sums of each pair there, as lines of JSON")
    listed = "\n".join(f"  {case:6} {text}" for case, text in CASES.items())
    text = f"Runs these cases in turn, and compares answers of audit with those of torch:\n\n{listed}"
    measuring = mode("measure", text, "ARCHIVE")
    help_only = "cases to run, such as torch,audit (default: all)"
    measuring.add_argument("--only", metavar="CASES", type=cases, default=list(CASES), help=help_only)
    text = "Audits each archive into a fresh warehouse and prints how much more the large one takes."
    growing = mode("growth", text, "SMALL", "LARGE")
    text = "Audits on local[*] and on local-cluster[2,1,1024], and compares all rows but for identifiers and times."
    clustering = mode("cluster", text, "ARCHIVE")
    for added, runs in ((measuring, 3), (growing, 1)):
        added.add_argument("--runs", type=int, default=runs, help="runs to take medians of (default: %(default)s)")
        added.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write all figures there as JSON")
    for added in (measuring, growing, clustering):
        memory = "heap of qtrace's driver, such as 2g (default: that of qtrace)"
        added.add_argument("--driver-memory", metavar="SIZE", help=memory)
    return parser.parse_args()


def main():
    options = arguments()
    if options.what == "make":
        from run_archive import make

        make(options.out, options.runs, options.steps, options.layers)
        return
    if options.what == "torch":
        from run_archive import torch_loop

        torch_loop(options.archive, options.pairs)
        return
    submit = ["--driver-memory", options.driver_memory] if options.driver_memory else []
    if options.what == "cluster":
        cluster(options.archive, submit)
        return
    if options.what == "measure":
        result = measure(options.archive, options.runs, submit, options.only)
    else:
        result = growth(options.small, options.large, options.runs, submit)
    if options.json:
        machine = {"cpus": os.cpu_count(), "driver_memory": options.driver_memory}
        options.json.write_text(json.dumps(result | machine, indent=2) + "\n")


if __name__ == "__main__":
    main()
