"""How far sessionize has come, and `<lake>/_ledger/days.csv` with the version of each day, by which the load finds what changed; it refuses to reuse a version."""

from __future__ import annotations

import uuid
from datetime import date
from typing import NamedTuple

from pyspark.sql import SparkSession

from tables.files import write_text
from tables.ledger import append_ledger, read_ledger


class Progress(NamedTuple):
    """The last entry, the last clean entry taken, versions of days, days begun but not finished, and the age and the gap at which sessions end."""

    number: int
    clean: int
    versions: dict[str, str]
    unfinished: set[date]
    max_hours: int | None = None
    gap_minutes: int | None = None


def read_progress(spark: SparkSession, lake: str) -> Progress:
    done = Progress(0, 0, {}, set())
    for number, entry in read_ledger(spark, lake, "sessionize"):
        begun = done.unfinished | {date.fromisoformat(day) for day in entry.get("begun", [])}
        if "versions" not in entry:
            # An attempt that was to do everything and did not end leaves nothing to build on.
            everything = entry.get("kind") == "everything"
            done = done._replace(number=0 if everything or done.number == 0 else number, unfinished=begun)
        else:
            finished = {date.fromisoformat(day) for day in entry["touched"]}
            left = set() if entry["kind"] != "days" else begun - finished
            done = Progress(
                number if entry["kind"] != "days" or done.number else 0,
                entry["clean"],
                entry["versions"],
                left,
                entry.get("max_hours"),
                # There was no other before it was written down.
                entry.get("gap_minutes", 30),
            )
    return done


def note_begin(spark: SparkSession, lake: str, days: set[date]) -> None:
    names = sorted(day.isoformat() for day in days)
    append_ledger(spark, lake, "sessionize", {"begun": names, "kind": "days" if days else "everything"})


def note_end(
    spark: SparkSession,
    lake: str,
    before: Progress,
    clean: int,
    touched: set[date],
    there: set[date],
    kind: str,
    max_hours: int,
    gap_minutes: int,
) -> None:
    version = uuid.uuid4().hex
    versions = {
        day.isoformat(): version if day in touched else before.versions.get(day.isoformat(), version)
        for day in sorted(there)
    }
    lines = ["event_date,version", *(f"{day},{mark}" for day, mark in versions.items())]
    append_ledger(
        spark,
        lake,
        "sessionize",
        {
            "restart": kind != "days",
            "kind": kind,
            "max_hours": max_hours,
            "gap_minutes": gap_minutes,
            "clean": clean,
            "touched": sorted(day.isoformat() for day in touched),
            "versions": versions,
        },
    )
    write_text(spark, f"{lake}/_ledger/days.csv", "\n".join(lines) + "\n")
