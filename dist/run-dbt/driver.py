"""Runs a list of dbt commands in one process and writes what happened; it chooses nothing and knows no warehouse.

One process, because importing dbt costs more than most commands (see docs/cursed-knowledge.md). Called by the action as
`python driver.py REQUEST.json`; the request is `{"commands": [{"argv": [...], "folder": NAME}], "results": FOLDER, "target": FOLDER, "labels": {...}}`.
For each command it leaves `FOLDER/NAME/` with `command.json` = `{"success", "exception", "operation", "exitCode", "seconds", "listed"}` and the artifacts that dbt wrote
during it, under dbt's own names; `FOLDER/jobs.jsonl` tells which jobs of the warehouse were begun and ended.
Stops at the first command that fails. Exit code: dbt's own, 0 when all succeeded, 1 when dbt handled the failure, 2 when it did not.
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

from bigquery_jobs import Record, watch
from dbt.cli.main import dbtRunner

ARTIFACTS = ("run_results.json", "manifest.json", "sources.json", "catalog.json")


def states_of(target: Path) -> dict[str, tuple[int, int, int]]:
    """What tells a file written anew from the one that was there. Nothing is deleted: `retry` and `result:` read what an earlier run left."""
    found = {}
    for name in ARTIFACTS:
        if (target / name).exists():
            status = (target / name).stat()
            found[name] = (status.st_mtime_ns, status.st_ino, status.st_size)
    return found


def broken_sources(result: object) -> list[dict[str, object]]:
    """Sources whose freshness could not be asked for: dbt fails because of them and leaves them out of sources.json."""
    return [
        {"unique_id": found.node.unique_id, "status": "runtime error", "error": found.message}
        for found in getattr(result, "results", None) or []
        if type(found).__name__ == "PartialSourceFreshnessResult"
    ]


class Operation:
    """Why `run-operation` failed: dbt tells it in its log and leaves it out of run_results.json."""

    error: str | None = None

    def listen(self, event: object) -> None:
        """For dbt's callbacks."""
        if event.info.name in ("RunningOperationCaughtError", "RunningOperationUncaughtError"):
            self.error = str(event.data.exc)


def run_command(runner: dbtRunner, operation: Operation, argv: list[str], target: Path, folder: Path) -> int:
    """dbt's exit code of one command."""
    operation.error = None
    before = states_of(target)
    print(f"\n> dbt {shlex.join(argv)}", flush=True)
    started = time.monotonic()
    outcome = runner.invoke(argv)
    error = outcome.exception
    exit_code = 0 if outcome.success else 1 if error is None else 2
    record = {
        "success": bool(outcome.success),
        "exception": None if error is None else f"{type(error).__name__}: {error}",
        "operation": operation.error,
        "exitCode": exit_code,
        "seconds": round(time.monotonic() - started, 3),
        "brokenSources": broken_sources(outcome.result),
        "listed": outcome.result if isinstance(outcome.result, list) else None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    after = states_of(target)
    for name in after:
        if after[name] != before.get(name):
            shutil.copyfile(target / name, folder / name)
    # Written last: its presence says that the files beside it are whole.
    (folder / "command.json").write_text(json.dumps(record, default=str), encoding="utf-8")
    return exit_code


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
    hush_boundary_lookups()
    stop_with_caller()
    jobs = Record(results / "jobs.jsonl")
    missing = watch(jobs, dict(request["labels"]))
    if missing is not None:
        print(f"Note: {missing}.", flush=True)
    operation = Operation()
    runner = dbtRunner(callbacks=[jobs.listen, operation.listen])
    for command in request["commands"]:
        exit_code = run_command(runner, operation, list(command["argv"]), target, results / command["folder"])
        if exit_code != 0:
            return exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
