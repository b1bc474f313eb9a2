"""Each parsed row gets its fate: clean, rejected, duplicate or outside the window; it refuses to drop a row unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.event_identity import IDENTIFYING, event_id
from transforms.more_fields import unpacked
from transforms.parsed_events import REFUSED

# event_us first: a sort by it hardly ever has to look at a second column.
KEY = (*IDENTIFYING, "more", "event_date")


def judge_events(rows: DataFrame, days: set[date] | None, repeats: set[int]) -> DataFrame:
    """
    Adds `fate`. Rows of one day meet in one partition (a day is written as one file), and there equal events lie side by side: one shuffle, one sort.
    Of equal events the one of the first file is clean. Rows without usable time are judged in every window: they belong to no day.
    `repeats`: the seconds in which the sources of `rows` take the same order and item for a page that was loaded again.
    """
    same_event = Window.partitionBy(*KEY, F.col("reason").isNotNull()).orderBy("file_index")
    in_window = F.lit(True) if days is None else F.col("event_date").isin(*sorted(days), date(1970, 1, 1))
    fate = (
        F.when(~in_window, F.lit("outside_window"))
        .when(F.col("reason").isNotNull(), F.lit("rejected"))
        .when(F.col("copy") > 1, F.lit("duplicates"))
        .otherwise(F.lit("clean"))
    )
    numbered = rows.repartition("event_date").withColumn("copy", F.row_number().over(same_event))
    judged = numbered.select(*KEY, "file_index", "reason", "refused", "repeat_seconds", fate.alias("fate"))
    return (
        _without_repeats(judged, repeats).drop("repeat_seconds") if repeats else judged.drop("repeat_seconds")
    )


def _without_repeats(judged: DataFrame, repeats: set[int]) -> DataFrame:
    """A row soon after one of the same order and item is a duplicate too, with the reason. Rows of one moment are lines of one order, and midnight divides: a day is judged by its own rows."""
    is_asked = (F.col("fate") == "clean") & F.col("repeat_seconds").isNotNull()
    same = Window.partitionBy(
        "event_date", "transaction_id", "item_id", "event_type", is_asked, "repeat_seconds"
    )
    again = [
        F.when(
            (F.col("repeat_seconds") == seconds)
            & (F.count(F.lit(1)).over(same.orderBy("event_us").rangeBetween(-seconds * 1_000_000, -1)) > 0),
            F.lit(f"repeated_within_{seconds}_seconds"),
        )
        for seconds in sorted(repeats)
    ]
    asked = judged.withColumn("again", F.when(is_asked, F.coalesce(*again)))
    return asked.select(
        *[name for name in judged.columns if name not in ("reason", "fate")],
        F.coalesce("again", "reason").alias("reason"),
        F.when(F.col("again").isNotNull(), F.lit("duplicates")).otherwise(F.col("fate")).alias("fate"),
    )


def clean_events(judged: DataFrame) -> DataFrame:
    """The accepted events in their final columns, event_id and UTC time included."""
    return judged.where(F.col("fate") == "clean").select(
        event_id().alias("event_id"),
        F.timestamp_micros("event_us").alias("event_ts"),
        "visitor_id",
        "event_type",
        "item_id",
        "transaction_id",
        unpacked(),
        "event_date",
    )


def rejected_events(judged: DataFrame, file_names: list[str], line: Callable[..., Column]) -> DataFrame:
    """The refused rows as they were written, with reason, file and line; `line` gives its number from file, block and place."""
    names = F.from_json(F.lit(json.dumps(file_names)), "array<string>")
    return judged.where(F.col("fate") == "rejected").select(
        "reason",
        F.element_at(names, (F.col("file_index") + 1).cast("int")).alias("source_file"),
        line(F.col("file_index"), F.col("refused.block"), F.col("refused.place")).alias("source_line"),
        *[F.col(f"refused.{name}").alias(name) for name in (*REFUSED, "malformed_line")],
        "event_date",
    )


def count_fates(judged: DataFrame) -> DataFrame:
    """file_index, event_date, fate, reason, rows, first_ms: everything the reconciliation and the ledger need."""
    return judged.groupBy("file_index", "event_date", "fate", "reason").agg(
        F.count(F.lit(1)).alias("rows"), F.expr("min(event_us) div 1000").alias("first_ms")
    )
