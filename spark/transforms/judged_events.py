"""Each parsed row gets its fate: clean, rejected, duplicate or outside the window; it refuses to drop a row unseen."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from transforms.event_identity import IDENTIFYING, event_id
from transforms.more_fields import unpacked
from transforms.parsed_events import REFUSED

# event_ms first: a sort by it hardly ever has to look at a second column.
KEY = (*IDENTIFYING, "more", "event_date")


def judge_events(rows: DataFrame, days: set[date] | None) -> DataFrame:
    """
    Adds `fate`. Rows of one day meet in one partition (a day is written as one file), and there equal events lie side by side: one shuffle, one sort.
    Of equal events the one of the first file is clean. Rows without usable time are judged in every window: they belong to no day.
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
    return numbered.select(*KEY, "file_index", "reason", "refused", fate.alias("fate"))


def clean_events(judged: DataFrame) -> DataFrame:
    """The accepted events in their final columns, event_id and UTC time included."""
    return judged.where(F.col("fate") == "clean").select(
        event_id().alias("event_id"),
        F.timestamp_millis("event_ms").alias("event_ts"),
        "visitor_id",
        "event_type",
        "item_id",
        "transaction_id",
        unpacked(),
        "event_date",
    )


def rejected_events(judged: DataFrame, file_names: list[str]) -> DataFrame:
    """The refused rows as they were written, with reason and file."""
    # Typed, for a run that read no file: an array of nothing has no type that Parquet knows.
    names = F.array(*[F.lit(name) for name in file_names]).cast("array<string>")
    return judged.where(F.col("fate") == "rejected").select(
        "reason",
        F.element_at(names, (F.col("file_index") + 1).cast("int")).alias("source_file"),
        *[F.col(f"refused.{name}").alias(name) for name in (*REFUSED, "malformed_line")],
        "event_date",
    )


def count_fates(judged: DataFrame) -> DataFrame:
    """file_index, event_date, fate, reason, rows, first_ms: everything the reconciliation and the ledger need."""
    return judged.groupBy("file_index", "event_date", "fate", "reason").agg(
        F.count(F.lit(1)).alias("rows"), F.min("event_ms").alias("first_ms")
    )
