"""Batch: raw CSV files to the lake's clean and rejected days, reconciled; it refuses to write when the counts do not add up."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pyspark import StorageLevel

from tables.arguments import batch_arguments, window_of
from tables.clean_events import write_clean_events
from tables.metrics import check_reconciles, write_metrics
from tables.raw_events import count_raw_rows, find_raw_files, read_raw_events
from tables.rejected_events import write_rejected_events
from tables.spark_session import open_spark_session
from transforms.judged_events import clean_events, count_fates, judge_events, rejected_events
from transforms.parsed_events import parse_events
from transforms.reconciliation import Fate, summarize


def parse_args() -> argparse.Namespace:
    parser = batch_arguments("Clean raw clickstream files into the lake.")
    parser.add_argument("--raw", required=True, help="folder with .csv and .csv.gz files, or one such file")
    parser.add_argument(
        "--now",
        type=datetime.fromisoformat,
        default=datetime.now(timezone.utc),
        help="instant after which an event is in the future",
    )
    arguments = parser.parse_args()
    arguments.days = window_of(parser, arguments)
    arguments.now_ms = int(
        arguments.now.replace(tzinfo=arguments.now.tzinfo or timezone.utc).timestamp() * 1000
    )
    return arguments


def main() -> None:
    arguments = parse_args()
    spark = open_spark_session("clean")
    files, ignored = find_raw_files(spark, arguments.raw)
    names = [str(status.getPath()) for status in files]
    raw = read_raw_events(spark, files)

    judged = judge_events(parse_events(raw, arguments.now_ms), arguments.days).persist(
        StorageLevel.MEMORY_AND_DISK
    )
    counts = summarize(
        [Fate(*row) for row in count_fates(judged).collect()], count_raw_rows(spark, files), names
    )
    for file in [counts, *counts["files"]]:
        check_reconciles(file, file.get("file", "all files"))

    _, days = write_clean_events(clean_events(judged), arguments.lake, arguments.days)
    write_rejected_events(rejected_events(judged, names), arguments.lake, arguments.days)
    window = None if arguments.days is None else [day.isoformat() for day in arguments.days]
    write_metrics(
        spark,
        arguments.lake,
        "clean",
        {"window": window, "days": len(days), **counts, "ignored_files": ignored},
    )


if __name__ == "__main__":
    main()
