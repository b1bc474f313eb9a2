"""Where one visitor is, in the raw files and in the lake, and what all other rows are; it refuses to change anything."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tables.clean_events import read_clean_events, read_quarantined_events
from tables.erasure import Digests
from tables.parsed_files import parse_lines
from tables.raw_files import RawFile, find_broken_files
from tables.raw_layouts import Layout, UnreadableHeader
from tables.raw_lines import read_raw_lines
from tables.rejected_events import read_rejected_events
from tables.sessionized_events import read_sessionized_events
from transforms.digests import digest_of
from transforms.visitor_rows import is_in_lake, is_mentioned, is_others_in_lake, is_visitors

TABLES = {
    "clean": read_clean_events,
    "quarantined": read_quarantined_events,
    "rejected": read_rejected_events,
    "sessionized": read_sessionized_events,
}


class Found(NamedTuple):
    """Of the raw files: rows of the visitor by file and day, lines that only mention the id, files that nobody can read; of the lake: rows by table and day."""

    files: dict[str, dict[date, int]]
    mentions: dict[str, int]
    unread: list[str]
    lake: dict[str, dict[date, int]]

    def days(self) -> set[date]:
        return {day for days in (*self.files.values(), *self.lake.values()) for day in days}


def look(spark: SparkSession, files: list[RawFile], layouts: dict, lake: str, visitor: str) -> Found:
    readable = [file for file in files if isinstance(layouts[file.name], Layout)]
    unread = [file.name for file in files if isinstance(layouts[file.name], UnreadableHeader)]
    try:
        rows = _rows_of(spark, readable, layouts, visitor)
    except Py4JJavaError:
        broken = find_broken_files(spark, readable)
        if not broken:
            raise
        readable, unread = [f for f in readable if f.name not in broken], [*unread, *sorted(broken)]
        rows = _rows_of(spark, readable, layouts, visitor)
    found: dict[str, dict[date, int]] = {}
    mentions: dict[str, int] = {}
    for index, day, number, mentioned in rows:
        name = readable[index].name
        if number:
            found.setdefault(name, {})[day] = number
        if mentioned:
            mentions[name] = mentions.get(name, 0) + mentioned
    in_lake = {
        table: dict(
            read(spark, lake, None).where(is_in_lake(table, visitor)).groupBy("event_date").count().collect()
        )
        for table, read in TABLES.items()
    }
    return Found(found, mentions, unread, in_lake)


def _rows_of(spark: SparkSession, files: list[RawFile], layouts: dict, visitor: str) -> list[Any]:
    theirs, named = F.count_if(is_visitors(visitor)), F.count_if(is_mentioned(visitor))
    counted = _parsed(spark, files, layouts).groupBy("file_index", "event_date")
    return counted.agg(theirs.alias("theirs"), named.alias("named")).where("theirs + named > 0").collect()


def _parsed(spark: SparkSession, files: list[RawFile], layouts: dict) -> DataFrame:
    return parse_lines(spark, read_raw_lines(spark, files, layouts), int(time.time() * 1000))


def digests(spark: SparkSession, lake: str, days: set[date], visitor: str) -> Digests:
    """Rows of everybody else by day and table of the lake."""
    found: Digests = {day.isoformat(): {} for day in days}
    for table, read in TABLES.items():
        rows = read(spark, lake, None).where(F.col("event_date").isin(sorted(days)))
        which = is_others_in_lake(table, visitor)
        # A line that goes moves those below it up.
        what = [name for name in rows.columns if name != "source_line"]
        for day, number, digest in (
            rows.groupBy("event_date").agg(*digest_of(what, which)).collect() if days else []
        ):
            if number:
                found[day.isoformat()][table] = [number, digest]
    return found


def figures(spark: SparkSession, file: RawFile, layout: Layout, visitor: str) -> tuple[int, int, str | None]:
    """Rows of the visitor, rows of others, and what those are."""
    if file.size == 0:
        return 0, 0, None
    rows = _parsed(spark, [file], {file.name: layout}).drop("file_index")
    rows = rows.withColumn("refused", F.col("refused").dropFields("block", "place"))
    return tuple(
        rows.agg(F.count_if(is_visitors(visitor)), *digest_of(rows.columns, ~is_visitors(visitor))).first()
    )
