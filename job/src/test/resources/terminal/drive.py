"""Types into a program on a pseudo terminal and prints what the terminal was sent.

drive.py ROWS COLUMNS PROGRAM [ARGUMENT...]; standard input is a JSON array of steps {"type": text, "until": regex, "after":
seconds}: after a pause, if any, text is typed, then output is read until it matches. Standard output is a JSON object: "screens", the output of each step, and "status",
the exit status of the program, which has to end after the last step.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

SECONDS = 180  # of a step; only a program that hangs takes that long


def read(terminal, deadline):
    ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
    if not ready:
        raise TimeoutError
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the program ended
        return b""


def step(terminal, text, until):
    os.write(terminal, text.encode())
    screen = b""
    deadline = time.monotonic() + SECONDS
    while not re.search(until, screen.decode(errors="replace"), re.DOTALL):
        try:
            part = read(terminal, deadline)
        except TimeoutError:
            sys.exit("No match of %r after %r in %r" % (until, text, screen))
        if not part:
            sys.exit("Ended before a match of %r after %r: %r" % (until, text, screen))
        screen += part
    return screen.decode(errors="replace")


def main():
    rows, columns, *program = sys.argv[1:]
    steps = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # which background processes ignore
        os.execvp(program[0], program)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    screens = []
    for one in steps:
        time.sleep(one.get("after", 0))
        screens.append(step(terminal, one["type"], one["until"]))
    while read(terminal, time.monotonic() + SECONDS):
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    json.dump({"screens": screens, "status": status}, sys.stdout)


main()
