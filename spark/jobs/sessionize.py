"""Batch: clean days to sessionized days; with --from/--to whole days with the sessions still open before them; it refuses a hole in the days."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from pyspark.sql import SparkSession

from tables.arguments import batch_arguments, window_of
from tables.clean_events import read_clean_events
from tables.metrics import write_metrics
from tables.sessionized_events import (
    check_no_hole,
    is_computed,
    read_sessionized_events,
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
    check_no_hole(spark, lake, days)
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


def main() -> None:
    arguments = parse_args()
    spark, lake = open_spark_session("sessionize"), arguments.lake
    if arguments.days is None:
        everything = read_clean_events(spark, lake, None)
        rows, written = write_sessionized_events(
            sessionize(everything, read_sessionized_events(spark, lake, None).limit(0)), lake, None
        )
    else:
        rows, written = compute_days(spark, lake, arguments.days)
        following = arguments.days[1] + timedelta(days=1)
        while must_follow(spark, lake, following):
            more, days = compute_days(spark, lake, (following, following))
            rows, written, following = rows + more, written + days, following + timedelta(days=1)
    write_metrics(spark, lake, "sessionize", {"events": rows, "days": [day.isoformat() for day in written]})


if __name__ == "__main__":
    main()
