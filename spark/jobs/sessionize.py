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
from tables.lake_version import check_lake_version
from tables.metrics import write_metrics
from tables.progress import Progress, note_begin, note_end, read_progress
from tables.sessionized_events import (
    check_no_hole,
    is_computed,
    read_sessionized_events,
    sessionized_path,
    write_sessionized_events,
)
from tables.spark_session import open_spark_session
from transforms.sessions import SESSION_MAX_HOURS, open_events, sessionize, wrongly_joined


def parse_args() -> argparse.Namespace:
    parser = batch_arguments("Cut clean events into sessions.")
    parser.add_argument(
        "--session-max-hours",
        type=_hours,
        default=SESSION_MAX_HOURS,
        help=f"a session ends at this age, 1 to 24; {SESSION_MAX_HOURS} when not given; another number than that of the lake needs --days all",
    )
    arguments = parser.parse_args()
    arguments.days = window_of(parser, arguments)
    return arguments


def compute_days(
    spark: SparkSession, lake: str, days: tuple[date, date], max_hours: int
) -> tuple[int, list[date]]:
    carried = read_open_events(spark, lake, days[0])
    sessions = sessionize(read_clean_events(spark, lake, days), carried, max_hours)
    return write_sessionized_events(sessions, lake, days)


def read_open_events(spark: SparkSession, lake: str, next_day: date):
    before = next_day - timedelta(days=1)
    return open_events(read_sessionized_events(spark, lake, (before, before)), next_day)


def must_follow(spark: SparkSession, lake: str, day: date, max_hours: int) -> bool:
    """True when `day` is already there but its first sessions no longer continue those of the day before (late events)."""
    if not is_computed(spark, lake, day):
        return False
    carried, there = read_open_events(spark, lake, day), read_sessionized_events(spark, lake, (day, day))
    return not wrongly_joined(carried, there, day, max_hours).isEmpty()


def compute_and_follow(
    spark: SparkSession, lake: str, days: tuple[date, date], max_hours: int, is_checked: bool = True
) -> tuple[int, set[date]]:
    """A range of days, and on from there as long as a computed day's sessions change."""
    if is_checked:
        check_no_hole(spark, lake, days)
    rows, _ = compute_days(spark, lake, days, max_hours)
    touched, following = days_between(*days), days[1] + timedelta(days=1)
    while must_follow(spark, lake, following, max_hours):
        more, _ = compute_days(spark, lake, (following, following), max_hours)
        rows, touched, following = rows + more, touched | {following}, following + timedelta(days=1)
    return rows, touched


def compute_everything(spark: SparkSession, lake: str, max_hours: int) -> tuple[int, set[date]]:
    before = list_days(spark, sessionized_path(lake))
    everything, none = (
        read_clean_events(spark, lake, None),
        read_sessionized_events(spark, lake, None).limit(0),
    )
    rows, _ = write_sessionized_events(sessionize(everything, none, max_hours), lake, None)
    return rows, before | clean_days(spark, lake)


def compute_new(spark: SparkSession, lake: str, changed: set[date], max_hours: int) -> tuple[int, set[date]]:
    rows, touched = 0, set()
    for days in ranges(changed):
        if days[1] not in touched:
            more, written = compute_and_follow(spark, lake, days, max_hours, is_checked=False)
            rows, touched = rows + more, touched | written
    return rows, touched


def check_same_rule(lake: str, done: Progress, max_hours: int) -> None:
    if done.max_hours not in (None, max_hours):
        raise ValueError(
            f"sessionizing {lake}: its sessions end after {done.max_hours} hours, not {max_hours}; give --session-max-hours {done.max_hours}, or --days all to cut all of them anew"
        )


def main() -> None:
    arguments = parse_args()
    spark, lake, max_hours = open_spark_session("sessionize"), arguments.lake, arguments.session_max_hours
    is_everything = arguments.days is None and not arguments.new
    check_lake_version(spark, lake, "sessionize", is_everything)
    done = read_progress(spark, lake)
    if not is_everything:
        check_same_rule(lake, done, max_hours)
    seen, changed = changed_since(spark, lake, done.clean)
    if arguments.days is not None:
        note_begin(spark, lake, days_between(*arguments.days))
        rows, touched = compute_and_follow(spark, lake, arguments.days, max_hours)
        seen, kind = done.clean, "days"
    elif not arguments.new or done.number == 0 or changed is None:
        note_begin(spark, lake, set())
        rows, touched = compute_everything(spark, lake, max_hours)
        kind = "everything"
    else:
        # Clean days that are in no session yet belong to it, whoever cleaned them.
        missing = clean_days(spark, lake) - list_days(spark, sessionized_path(lake))
        todo = (changed | missing | done.unfinished) & (
            clean_days(spark, lake) | list_days(spark, sessionized_path(lake))
        )
        if todo:
            note_begin(spark, lake, todo)
        rows, touched = compute_new(spark, lake, todo, max_hours)
        kind = "new"
    note_end(spark, lake, done, seen, touched, list_days(spark, sessionized_path(lake)), kind, max_hours)
    write_metrics(
        spark, lake, "sessionize", {"events": rows, "days": sorted(day.isoformat() for day in touched)}
    )


def _hours(text: str) -> int:
    hours = int(text)
    if not 1 <= hours <= 24:
        raise argparse.ArgumentTypeError(f"must be from 1 to 24, got {text}")
    return hours


if __name__ == "__main__":
    main()
