"""Each parsed row gets its fate: clean, rejected, duplicate, quarantined or outside the window; it refuses to drop a row unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from transforms.event_identity import IDENTIFYING, event_id
from transforms.more_fields import unpacked
from transforms.parsed_events import REFUSED

# event_us first: a sort by it hardly ever has to look at a second column.
KEY = (*IDENTIFYING, "more", "event_date")
# So many rows of a day meet in one task and become one file: a quarter of a gigabyte on the way there. Where cores
# would wait, a part may be smaller.
ROWS_PER_PART = 3_000_000
LEAST_ROWS_PER_PART = 750_000


def parts_of(rows: dict[date, int], cores: int) -> dict[date, int]:
    """The days whose `rows` are more than one task should hold, or enough for several of `cores`, and among how many they go."""
    parts = {
        day: max(-(-number // ROWS_PER_PART), min(cores, number // LEAST_ROWS_PER_PART))
        for day, number in rows.items()
    }
    return {day: number for day, number in parts.items() if number > 1}


def judge_events(
    rows: DataFrame, days: set[date] | None, repeats: set[int], parts: dict[date, int]
) -> DataFrame:
    """
    Adds `fate`. Rows of one day meet in one partition (it is written as one file), those of a large day in as many as `parts` says, and there equal events lie side by side: one shuffle, one sort.
    Of equal events the one of the first file is clean. Rows without usable time are judged in every window: they belong to no day.
    `repeats`: the seconds in which the sources of `rows` take the same order and item for a page that was loaded again.
    """
    same_event = Window.partitionBy(*KEY, "part", F.col("reason").isNotNull()).orderBy("file_index")
    in_window = F.lit(True) if days is None else F.col("event_date").isin(*sorted(days), date(1970, 1, 1))
    fate = (
        F.when(~in_window, F.lit("outside_window"))
        .when(F.col("reason").isNotNull(), F.lit("rejected"))
        .when(F.col("copy") > 1, F.lit("duplicates"))
        .otherwise(F.lit("clean"))
    )
    parted = _spread(rows.withColumn("part", _part(parts)), sum(parts.values()))
    numbered = parted.withColumn("copy", F.row_number().over(same_event))
    judged = numbered.select(
        *KEY, "part", "file_index", "reason", "refused", "repeat_seconds", fate.alias("fate")
    )
    return (_without_repeats(judged, repeats) if repeats else judged).drop("repeat_seconds", "part")


def _spread(rows: DataFrame, parts: int) -> DataFrame:
    """Without a number Spark joins small days to one task. Many parts get so many tasks that few of them meet another."""
    tasks = 4 * parts
    is_enough = tasks <= int(str(rows.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    by = ("event_date", "part")
    return rows.repartition(*by) if is_enough else rows.repartition(tasks, *by)


def _part(parts: dict[date, int]) -> Column:
    """Equal events in the same part, and so are lines of one order where a source has repeats; a busy visitor's events and the refused rows in all of them."""
    if not parts:
        return F.lit(0).cast("long")
    spread = (
        F.when(F.col("reason").isNotNull(), F.xxhash64("file_index", "refused"))
        .when(F.col("repeat_seconds").isNotNull(), F.xxhash64("transaction_id"))
        .otherwise(F.xxhash64(*IDENTIFYING))
    )
    of_day = F.coalesce(
        *[F.when(F.col("event_date") == day, F.lit(n)) for day, n in sorted(parts.items())], F.lit(1)
    )
    return F.pmod(spread, of_day.cast("long"))


def _without_repeats(judged: DataFrame, repeats: set[int]) -> DataFrame:
    """A row soon after one of the same order and item is a duplicate too, with the reason. Rows of one moment are lines of one order, and midnight divides: a day is judged by its own rows."""
    is_asked = (F.col("fate") == "clean") & F.col("repeat_seconds").isNotNull()
    same = Window.partitionBy(
        "event_date", "part", "transaction_id", "item_id", "event_type", is_asked, "repeat_seconds"
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


def crowds_of(judged: DataFrame, most: int, days: set[date]) -> list[Row]:
    """Of each visitor with more than `most` accepted events on one of `days`: the day, the visitor, and time and id of the last event that is kept."""
    rows = judged.where((F.col("fate") == "clean") & F.col("event_date").isin(*sorted(days)))
    by = ("event_date", "visitor_id")
    crowds = rows.groupBy(*by).count().where(F.col("count") > most).select(*by)
    theirs = rows.join(F.broadcast(crowds), list(by), "left_semi").withColumn("event_id", event_id())
    rank = F.row_number().over(Window.partitionBy(*by).orderBy("event_us", "event_id"))
    return (
        theirs.withColumn("rank", rank)
        .where(F.col("rank") == most)
        .select(*by, "event_us", "event_id")
        .collect()
    )


def without_crowds(judged: DataFrame, crowds: list[Row]) -> DataFrame:
    """The events of a crowd after its last one that is kept are `quarantined`: no person did so much, and one visitor's events are sessionized by one task."""
    last = judged.sparkSession.createDataFrame(
        crowds, "event_date date, visitor_id string, last_us long, last_id string"
    )
    is_beyond = (F.col("event_us") > F.col("last_us")) | (
        (F.col("event_us") == F.col("last_us")) & (event_id() > F.col("last_id"))
    )
    is_quarantined = (F.col("fate") == "clean") & F.col("last_us").isNotNull() & is_beyond
    marked = judged.join(F.broadcast(last), ["event_date", "visitor_id"], "left")
    return marked.select(
        *[name for name in judged.columns if name != "fate"],
        F.when(is_quarantined, F.lit("quarantined")).otherwise(F.col("fate")).alias("fate"),
    )


def clean_events(judged: DataFrame, fate: str = "clean") -> DataFrame:
    """The events of a fate in their final columns, with UTC time."""
    return judged.where(F.col("fate") == fate).select(
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


def told_apart(judged: DataFrame) -> DataFrame:
    """Of the accepted rows those that are purchases of no order, by a reason: their source allows it, and the gate holds their number against the facts."""
    is_without = (
        (F.col("fate") == "clean") & (F.col("event_type") == "transaction") & F.col("transaction_id").isNull()
    )
    return judged.withColumn("reason", F.when(is_without, F.lit("without_order")).otherwise(F.col("reason")))
