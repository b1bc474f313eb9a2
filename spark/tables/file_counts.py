"""What became of each raw file's rows, `<lake>/_ledger/files.csv`, by which what is loaded is judged; it refuses to count anything itself."""

from __future__ import annotations

import csv
import io

from pyspark.sql import SparkSession

from tables.arrivals import Days
from tables.files import exists, read_text, write_text

HEADER = ("file", "event_date", "outcome", "reason", "row_count")


def read_file_counts(spark: SparkSession, lake: str) -> dict[str, Days]:
    """By file and day; none where no run has written them."""
    counts: dict[str, Days] = {}
    if exists(spark, _path(lake)):
        for row in csv.DictReader(io.StringIO(read_text(spark, _path(lake)))):
            if row["event_date"]:
                days = counts.setdefault(row["file"], {}).setdefault(row["event_date"], {})
                number = int(row["row_count"])
                days[row["outcome"]] = days.get(row["outcome"], 0) + number
                if row["reason"]:
                    days[f"{row['outcome']}/{row['reason']}"] = number
    return counts


def write_file_counts(
    spark: SparkSession, lake: str, counts: dict[str, Days], unprocessed: list[str]
) -> None:
    """
    One line per file, day, outcome (clean, rejected, duplicates, quarantined; late: of the clean ones, those of a new file whose day was computed before) and reason
    (of a rejected row; of a duplicate that is no equal row but an order again too soon; of an accepted purchase that names no order).
    `unprocessed`: files that are still new after the run.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for name, days in sorted(counts.items()):
        for day, by_outcome in sorted(days.items()):
            for key, number in sorted(by_outcome.items()):
                outcome, _, reason = key.partition("/")
                # Of an outcome the rows without a reason: those with one have lines of their own.
                told = sum(n for other, n in by_outcome.items() if other.startswith(f"{key}/"))
                if number > told:
                    rows.writerow((name, day, outcome, reason, number - told))
    rows.writerows((name, "", "unprocessed", "", 1) for name in sorted(unprocessed))
    write_text(spark, _path(lake), text.getvalue())


def _path(lake: str) -> str:
    return f"{lake}/_ledger/files.csv"
