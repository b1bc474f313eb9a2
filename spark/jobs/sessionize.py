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
from transforms.sessions import RULE, Rule, open_events, sessionize, wrongly_joined


def parse_args() -> argparse.Namespace:
    parser = batch_arguments("Cut clean events into sessions.")
    parser.add_argument(
        "--session-max-hours",
        type=_hours,
        default=RULE.max_hours,
        help=f"a session ends at this age, 1 to 24; {RULE.max_hours} when not given; another number than that of the lake needs --days all",
    )
    parser.add_argument(
        "--session-gap-minutes",
        type=_minutes,
        default=RULE.gap_minutes,
        help=f"a session ends after so many minutes without an event, 1 to 720; {RULE.gap_minutes} when not given; another number than that of the lake needs --days all",
    )
    arguments = parser.parse_args()
    arguments.rule = Rule(arguments.session_gap_minutes, arguments.session_max_hours)
    arguments.days = window_of(parser, arguments)
    return arguments


def compute_days(
    spark: SparkSession, lake: str, days: tuple[date, date], rule: Rule
) -> tuple[int, list[date]]:
    carried = read_open_events(spark, lake, days[0], rule)
    sessions = sessionize(read_clean_events(spark, lake, days), carried, rule)
    return write_sessionized_events(sessions, lake, days)


def read_open_events(spark: SparkSession, lake: str, next_day: date, rule: Rule):
    before = next_day - timedelta(days=1)
    return open_events(read_sessionized_events(spark, lake, (before, before)), next_day, rule)


def must_follow(spark: SparkSession, lake: str, day: date, rule: Rule) -> bool:
    """True when `day` is already there but its first sessions no longer continue those of the day before (late events)."""
    if not is_computed(spark, lake, day):
        return False
    carried, there = (
        read_open_events(spark, lake, day, rule),
        read_sessionized_events(spark, lake, (day, day)),
    )
    return not wrongly_joined(carried, there, day, rule).isEmpty()


def compute_and_follow(
    spark: SparkSession, lake: str, days: tuple[date, date], rule: Rule, is_checked: bool = True
) -> tuple[int, set[date]]:
    """A range of days, and on from there as long as a computed day's sessions change."""
    if is_checked:
        check_no_hole(spark, lake, days)
    rows, _ = compute_days(spark, lake, days, rule)
    touched, following = days_between(*days), days[1] + timedelta(days=1)
    while must_follow(spark, lake, following, rule):
        more, _ = compute_days(spark, lake, (following, following), rule)
        rows, touched, following = rows + more, touched | {following}, following + timedelta(days=1)
    return rows, touched


def compute_everything(spark: SparkSession, lake: str, rule: Rule) -> tuple[int, set[date]]:
    before = list_days(spark, sessionized_path(lake))
    everything, none = (
        read_clean_events(spark, lake, None),
        read_sessionized_events(spark, lake, None).limit(0),
    )
    rows, _ = write_sessionized_events(sessionize(everything, none, rule), lake, None)
    return rows, before | clean_days(spark, lake)


def compute_new(spark: SparkSession, lake: str, changed: set[date], rule: Rule) -> tuple[int, set[date]]:
    rows, touched = 0, set()
    for days in ranges(changed):
        if days[1] not in touched:
            more, written = compute_and_follow(spark, lake, days, rule, is_checked=False)
            rows, touched = rows + more, touched | written
    return rows, touched


def check_same_rule(lake: str, done: Progress, rule: Rule) -> None:
    if done.max_hours not in (None, rule.max_hours):
        raise ValueError(
            f"sessionizing {lake}: its sessions end after {done.max_hours} hours, not {rule.max_hours}; give --session-max-hours {done.max_hours}, or --days all to cut all of them anew"
        )
    if done.gap_minutes not in (None, rule.gap_minutes):
        raise ValueError(
            f"sessionizing {lake}: its sessions end after {done.gap_minutes} minutes without an event, not {rule.gap_minutes}; give --session-gap-minutes {done.gap_minutes}, or --days all to cut all of them anew"
        )


def main() -> None:
    arguments = parse_args()
    spark, lake, rule = open_spark_session("sessionize"), arguments.lake, arguments.rule
    is_everything = arguments.days is None and not arguments.new
    check_lake_version(spark, lake, "sessionize", is_everything)
    done = read_progress(spark, lake)
    if not is_everything:
        check_same_rule(lake, done, rule)
    seen, changed = changed_since(spark, lake, done.clean)
    if arguments.days is not None:
        note_begin(spark, lake, days_between(*arguments.days))
        rows, touched = compute_and_follow(spark, lake, arguments.days, rule)
        seen, kind = done.clean, "days"
    elif not arguments.new or done.number == 0 or changed is None:
        note_begin(spark, lake, set())
        rows, touched = compute_everything(spark, lake, rule)
        kind = "everything"
    else:
        # Clean days that are in no session yet belong to it, whoever cleaned them.
        missing = clean_days(spark, lake) - list_days(spark, sessionized_path(lake))
        todo = (changed | missing | done.unfinished) & (
            clean_days(spark, lake) | list_days(spark, sessionized_path(lake))
        )
        if todo:
            note_begin(spark, lake, todo)
        rows, touched = compute_new(spark, lake, todo, rule)
        kind = "new"
    note_end(
        spark,
        lake,
        done,
        seen,
        touched,
        list_days(spark, sessionized_path(lake)),
        kind,
        rule.max_hours,
        rule.gap_minutes,
    )
    write_metrics(
        spark, lake, "sessionize", {"events": rows, "days": sorted(day.isoformat() for day in touched)}
    )


def _hours(text: str) -> int:
    return _number_up_to(24, text)


def _minutes(text: str) -> int:
    return _number_up_to(720, text)


def _number_up_to(most: int, text: str) -> int:
    number = int(text)
    if not 1 <= number <= most:
        raise argparse.ArgumentTypeError(f"must be from 1 to {most}, got {text}")
    return number


if __name__ == "__main__":
    main()
