"""Runs one command and ends it, with all it started, as soon as standard input closes; it never outlives the process that holds the other end."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 3.0
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Descendants that leave the process group come back to us when their parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> list[int]:
    """Direct children of this process; empty where the system has no /proc."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:
            return [int(pid) for pid in listing.read().split()]
    except OSError:
        return []


def end_everything(grace_seconds: float) -> None:
    """Asks the group to end, then ends it and whatever was adopted meanwhile."""
    deadline = time.monotonic() + grace_seconds
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if grace_seconds > 0:
        os.killpg(0, signal.SIGTERM)
        while time.monotonic() < deadline and reap_until_childless():
            time.sleep(0.05)
    while reap_until_childless():
        if sys.platform != "linux":
            os.killpg(0, signal.SIGKILL)
        for pid in children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


def reap_until_childless() -> bool:
    """True while a child is still there."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return False
    return True


def main(command: list[str]) -> int:
    adopt_orphans()
    asked_to_end = []
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: asked_to_end.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while child.poll() is None:
        readable, _, _ = select.select([0, woken], [], [])
        if woken in readable:
            os.read(woken, 4096)
        if asked_to_end or (0 in readable and os.read(0, 4096) == b""):
            end_everything(GRACE_SECONDS)
            return 143
    end_everything(0)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
