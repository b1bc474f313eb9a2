"""Which raw files are known, by the ledger of the clean job; it refuses to call a file known whose size or time differs."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from tables.lake import UNDATED
from tables.ledger import SNAPSHOT_EVERY, append_ledger, read_ledger
from tables.raw_files import RawFile

Days = dict[str, dict[str, int]]


class Known(NamedTuple):
    """What the ledger keeps of a file: rows by day and fate, and the instant at which a row of it is in the future no more."""

    size: int
    changed_ms: int
    days: Days
    again_ms: int | None = None
    quarantined: dict[str, int] | None = None

    def dates(self) -> set[date]:
        return {date.fromisoformat(day) for day in self.days} - {UNDATED}


class Arrivals(NamedTuple):
    """All known files, the days that a run began to write but did not finish, and whether all can be told from it (else: start over)."""

    known: dict[str, Known]
    unfinished: set[date]
    entries: int
    last: int
    is_whole: bool

    def is_new(self, file: RawFile, now_ms: int) -> bool:
        before = self.known.get(file.name)
        if before is None or (before.size, before.changed_ms) != (file.size, file.changed_ms):
            return True
        return before.again_ms is not None and before.again_ms <= now_ms

    def gone(self, files: list[RawFile]) -> set[str]:
        return set(self.known) - {file.name for file in files}


def read_arrivals(spark: SparkSession, lake: str) -> Arrivals:
    known: dict[str, Known] = {}
    unfinished: set[date] = set()
    entries, last, is_whole = read_ledger(spark, lake, "clean"), 0, False
    for last, entry in entries:
        if entry.get("restart"):
            known, is_whole = {}, True
        known.update({name: Known(*fields) for name, fields in entry.get("files", {}).items()})
        for name in entry.get("gone", []):
            known.pop(name, None)
        unfinished |= _dates(entry.get("begun", []))
        unfinished -= unfinished if entry.get("full") else _dates(entry.get("finished", []))
        is_whole = is_whole and not entry.get("begun_full")
    return Arrivals(known, unfinished, len(entries), last, is_whole)


def note_begin(spark: SparkSession, lake: str, days: set[date], is_full: bool) -> None:
    append_ledger(spark, lake, "clean", {"begun": _names(days), "begun_full": is_full})


def note_end(
    spark: SparkSession,
    lake: str,
    before: Arrivals,
    files: dict[str, Known],
    gone: set[str],
    finished: set[date] | None,
    changed: set[date],
) -> None:
    """`finished`: the days of the run, None for all; `changed`: those of them that are or were there."""
    entry: dict[str, Any] = {"changed": _names(changed), "finished": _names(finished or set())}
    if finished is None:
        entry |= {"restart": True, "full": True}
    elif before.entries > SNAPSHOT_EVERY and before.is_whole and before.unfinished <= finished:
        files = {name: file for name, file in {**before.known, **files}.items() if name not in gone}
        entry |= {"restart": True, "after": before.last}
    entry |= {"files": {name: list(file) for name, file in files.items()}, "gone": sorted(gone)}
    append_ledger(spark, lake, "clean", entry)


def note_rewritten(spark: SparkSession, lake: str, files: dict[str, Known]) -> None:
    """Files of which somebody took lines out: they are no delivery. Which days that changes is noted as begun."""
    if files:
        append_ledger(
            spark, lake, "clean", {"files": {name: list(file) for name, file in files.items()}, "gone": []}
        )


def changed_since(spark: SparkSession, lake: str, number: int) -> tuple[int, set[date] | None]:
    """The last entry, and the days that clean runs put out after entry `number`; None: all days, or more than the ledger still tells one by one."""
    entries = read_ledger(spark, lake, "clean")
    if not entries:
        return 0, None
    last = entries[-1][0]
    if entries[0][1].get("after", entries[0][0] - 1) > number or any(
        n > number and entry.get("full") for n, entry in entries
    ):
        return last, None
    return last, {
        day
        for n, entry in entries
        if n > number
        for day in _dates(entry.get("changed", []) + entry.get("begun", []))
    }


def _dates(days: list[str]) -> set[date]:
    return {date.fromisoformat(day) for day in days}


def _names(days: set[date]) -> list[str]:
    return sorted(day.isoformat() for day in days)
