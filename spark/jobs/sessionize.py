"""Batch: clean days to sessionized days; all, the days of --from/--to, or with --new those that changed; it refuses a hole in the days."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from pyspark.sql import SparkSession

from tables.arguments import batch_arguments, window_of
from tables.arrivals import changed_since
from tables.clean_events import clean_days, read_clean_events
from tables.files import list_days
from tables.lake import days_between, ranges
from tables.metrics import write_metrics
from tables.progress import note_begin, note_end, read_progress
from tables.sessionized_events import (
    check_no_hole,
    is_computed,
    read_sessionized_events,
    sessionized_path,
    write_sessionized_events,
)
from tables.spark_session import open_spark_session
from transforms.sessions import open_events, sessionize, wrongly_joined


def parse_args() -> argparse.Namespace:
    parser = batch_arguments("Cut clean events into sessions.")
    arguments = parser.parse_args()
    arguments.days = window_of(parser, arguments)
    return arguments


def compute_days(spark: SparkSession, lake: str, days: tuple[date, date]) -> tuple[int, list[date]]:
    sessions = sessionize(read_clean_events(spark, lake, days), read_open_events(spark, lake, days[0]))
    return write_sessionized_events(sessions, lake, days)


def read_open_events(spark: SparkSession, lake: str, next_day: date):
    before = next_day - timedelta(days=1)
    return open_events(read_sessionized_events(spark, lake, (before, before)), next_day)


def must_follow(spark: SparkSession, lake: str, day: date) -> bool:
    """True when `day` is already there but its first sessions no longer continue those of the day before (late events)."""
    if not is_computed(spark, lake, day):
        return False
    return not wrongly_joined(
        read_open_events(spark, lake, day), read_sessionized_events(spark, lake, (day, day)), day
    ).isEmpty()


def compute_and_follow(
    spark: SparkSession, lake: str, days: tuple[date, date], is_checked: bool = True
) -> tuple[int, set[date]]:
    """A range of days, and on from there as long as a computed day's sessions change."""
    if is_checked:
        check_no_hole(spark, lake, days)
    rows, _ = compute_days(spark, lake, days)
    touched, following = days_between(*days), days[1] + timedelta(days=1)
    while must_follow(spark, lake, following):
        more, _ = compute_days(spark, lake, (following, following))
        rows, touched, following = rows + more, touched | {following}, following + timedelta(days=1)
    return rows, touched


def compute_everything(spark: SparkSession, lake: str) -> tuple[int, set[date]]:
    before = list_days(spark, sessionized_path(lake))
    everything, none = (
        read_clean_events(spark, lake, None),
        read_sessionized_events(spark, lake, None).limit(0),
    )
    rows, _ = write_sessionized_events(sessionize(everything, none), lake, None)
    return rows, before | clean_days(spark, lake)


def compute_new(spark: SparkSession, lake: str, changed: set[date]) -> tuple[int, set[date]]:
    rows, touched = 0, set()
    for days in ranges(changed):
        if days[1] not in touched:
            more, written = compute_and_follow(spark, lake, days, is_checked=False)
            rows, touched = rows + more, touched | written
    return rows, touched


def main() -> None:
    arguments = parse_args()
    spark, lake = open_spark_session("sessionize"), arguments.lake
    done = read_progress(spark, lake)
    seen, changed = changed_since(spark, lake, done.clean)
    if arguments.days is not None:
        note_begin(spark, lake, days_between(*arguments.days))
        rows, touched = compute_and_follow(spark, lake, arguments.days)
        seen, kind = done.clean, "days"
    elif not arguments.new or done.number == 0 or changed is None:
        note_begin(spark, lake, set())
        rows, touched = compute_everything(spark, lake)
        kind = "everything"
    else:
        # Clean days that are in no session yet belong to it, whoever cleaned them.
        missing = clean_days(spark, lake) - list_days(spark, sessionized_path(lake))
        todo = (changed | missing | done.unfinished) & (
            clean_days(spark, lake) | list_days(spark, sessionized_path(lake))
        )
        if todo:
            note_begin(spark, lake, todo)
        rows, touched = compute_new(spark, lake, todo)
        kind = "new"
    note_end(spark, lake, done, seen, touched, list_days(spark, sessionized_path(lake)), kind)
    write_metrics(
        spark, lake, "sessionize", {"events": rows, "days": sorted(day.isoformat() for day in touched)}
    )


if __name__ == "__main__":
    main()
