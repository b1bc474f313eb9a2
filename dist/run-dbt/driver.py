"""Runs a list of dbt commands in one process and writes what happened; it chooses nothing and knows no warehouse.

One process, because importing dbt costs more than most commands (see docs/cursed-knowledge.md). Called by the action as
`python driver.py REQUEST.json`; the request is `{"commands": [[argv…]], "results": "FOLDER"}`. For each command it leaves
`FOLDER/<n>.json` = `{"success", "exception", "seconds"}` and, where dbt wrote them, `<n>.run_results.json` and `<n>.manifest.json`.
Stops at the first command that fails. Exit code: 0 when all succeeded, else 1.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
import signal
import stat
import sys
import threading
import time
from pathlib import Path

from dbt.cli.main import dbtRunner

ARTIFACTS = ("run_results.json", "manifest.json", "sources.json")


def run_command(runner: dbtRunner, argv: list[str], target: Path, results: Path, number: int) -> bool:
    """True when dbt reports success. Artifacts of an earlier command are removed first, so none is taken for this one's."""
    for name in ("run_results.json", "sources.json"):
        (target / name).unlink(missing_ok=True)
    print(f"\n> dbt {shlex.join(argv)}", flush=True)
    started = time.monotonic()
    outcome = runner.invoke(argv)
    record = {
        "success": bool(outcome.success),
        "exception": None
        if outcome.exception is None
        else f"{type(outcome.exception).__name__}: {outcome.exception}",
        "seconds": round(time.monotonic() - started, 3),
        "listed": outcome.result if argv[0] in ("ls", "list") and isinstance(outcome.result, list) else None,
    }
    for name in ARTIFACTS:
        if (target / name).exists():
            shutil.copyfile(target / name, results / f"{number}.{name}")
    # Written last: its presence says that the files beside it are whole.
    (results / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")
    return record["success"]


def hush_boundary_lookups() -> None:
    """google-auth looks up a regional access boundary in the background and retries aloud where the network forbids it; nothing depends on the answer."""
    logging.getLogger("urllib3.connectionpool").addFilter(
        lambda record: "/allowedLocations" not in record.getMessage()
    )


def stop_with_caller() -> None:
    """The action holds the other end of stdin. When a cancelled run ends it, dbt is interrupted, and an interrupted dbt cancels its queries."""
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def main(request_file: str) -> int:
    """Exit code of the whole list."""
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    results, target = Path(request["results"]), Path(request["target"])
    results.mkdir(parents=True, exist_ok=True)
    hush_boundary_lookups()
    stop_with_caller()
    runner = dbtRunner()
    for number, argv in enumerate(request["commands"]):
        if not run_command(runner, list(argv), target, results, number):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
