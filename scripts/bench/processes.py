"""Measures a command with all of its processes, and the heap of a JVM from its GC log. Needs Linux."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

MIB = 2**20


@dataclasses.dataclass
class Ended:
    """A command that ended: its output, wall and CPU seconds, peak resident MiB, peak MiB of the driver's heap."""

    output: bytes
    wall: float
    cpu: float
    peak: float = 0
    peak_largest: float = 0
    heap_before_gc: float = 0
    heap_after_gc: float = 0
    summary: dict = dataclasses.field(default_factory=dict)

    def figures(self):
        return {key: value for key, value in vars(self).items() if isinstance(value, float)}


def resident(session):
    """Resident bytes of all processes of a session, whose leader has the lowest process id."""
    pages = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) >= session:
            with contextlib.suppress(OSError):
                fields = pathlib.Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    # Where the arguments lie is random: only a child before exec, on its parent's memory, has the same.
                    place = tuple(fields[45:47])
                    pages[place] = max(pages.get(place, 0), int(fields[21]))
    return sum(pages.values()) * os.sysconf("SC_PAGE_SIZE")


def timed(command):
    """Runs a command in a session of its own and measures all of its processes."""
    samples, stop = [0], threading.Event()
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)

        def sample():
            while not stop.wait(0.05):
                samples.append(resident(process.pid))

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
        finally:
            stop.set()
            sampler.join()
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
            sys.stderr.buffer.write(errors.read())
            words = " ".join(map(str, command))
            sys.exit(f"exit status {process.returncode} after {wall:.1f} s, {max(samples) / MIB:.0f} MiB: {words}")
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(output, wall, cpu, max(samples) / MIB, usage.ru_maxrss / 1024)


def heap(log):
    """Peak MiB of the heap before and after a collection; what the JVM ended with counts as before the next one."""
    text = log.read_text()
    pauses = [tuple(map(float, pause)) for pause in re.findall(r"(\d+)M->(\d+)M\(", text)]
    at_exit = sum(map(int, re.findall(r"\btotal .*used (\d+)K", text))) / 1024
    return max([at_exit] + [before for before, _ in pauses]), max([0.0] + [after for _, after in pauses])
