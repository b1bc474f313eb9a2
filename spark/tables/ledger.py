"""What each run did, `<lake>/_ledger/<job>/NNNNNNNN.json`, appended and never changed; it refuses two runs that write the same number."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import SparkSession

from tables.files import exists, file_system, hadoop_path, read_text, write_text

# Every so often an entry repeats all that is known, so that a reader never has to go back further than this.
SNAPSHOT_EVERY = 50


def read_ledger(spark: SparkSession, lake: str, job: str) -> list[tuple[int, dict[str, Any]]]:
    """Entries with their numbers, oldest first, from the last one on that stands for all before it (`restart`)."""
    folder, entries = _folder(lake, job), []
    for number in reversed(_numbers(spark, folder)):
        entry = json.loads(read_text(spark, f"{folder}/{number:08d}.json"))
        entries.append((number, entry))
        if entry.get("restart"):
            break
    return entries[::-1]


def append_ledger(spark: SparkSession, lake: str, job: str, entry: dict[str, Any]) -> int:
    """Adds an entry and gives its number. Two runs at once: the second fails, for the file is there."""
    folder = _folder(lake, job)
    number = max(_numbers(spark, folder), default=0) + 1
    text = json.dumps(entry, separators=(",", ":")) + "\n"
    write_text(spark, f"{folder}/{number:08d}.json", text, overwrite=False)
    return number


def _folder(lake: str, job: str) -> str:
    return f"{lake}/_ledger/{job}"


def _numbers(spark: SparkSession, folder: str) -> list[int]:
    if not exists(spark, folder):
        return []
    found = file_system(spark, folder).listStatus(hadoop_path(spark, folder))
    stems = [status.getPath().getName().removesuffix(".json") for status in found]
    return sorted(int(stem) for stem in stems if stem.isdigit())
