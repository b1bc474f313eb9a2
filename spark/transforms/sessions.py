"""Cuts the events of each visitor into sessions at gaps strictly above 30 minutes and at the age of 24 hours, or as a rule says (docs/contract.md §2); it refuses to number sessions."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.endless_sessions import marked_cuts
from transforms.event_identity import event_id
from transforms.more_fields import MORE, packed, unpacked
from transforms.parsed_events import EVENT_RANKS

MINUTE_US = 60_000_000
EVENT_COLUMNS = ("event_ts", "visitor_id", "event_type", "item_id", "transaction_id")


class Rule(NamedTuple):
    """When a session ends: after so many minutes without an event, and at the age of so many hours."""

    gap_minutes: int = 30
    max_hours: int = 24

    @property
    def gap_us(self) -> int:
        return self.gap_minutes * MINUTE_US


RULE = Rule()


def sessionize(events: DataFrame, carried: DataFrame, rule: Rule = RULE) -> DataFrame:
    """
    Clean events plus `session_id` (`<visitor>-<first event's ms>`) and `session_start_ts`; `carried` are the sessionized events that may still be open
    (see `open_events`): they lend their session and do not come back.
    One shuffle of events and one sort: both window steps share partition and order. What goes through `marked_cuts` is a row a visitor.
    """
    more = packed({name: f"`{name}`" for name in MORE}).alias("more")
    rows = events.select(*EVENT_COLUMNS, more, "event_date", _unknown()).unionByName(
        carried.select(*EVENT_COLUMNS, more, "event_date", _known())
    )
    filled = _with_start_us(rows, rule)
    # The id is made again rather than carried: through the shuffle its 64 characters would weigh more than
    # all else.
    return filled.where(F.col("known_start_us").isNull()).select(
        event_id().alias("event_id"),
        *EVENT_COLUMNS,
        F.concat_ws("-", "visitor_id", F.expr("string(start_us div 1000)")).alias("session_id"),
        F.timestamp_micros("start_us").alias("session_start_ts"),
        unpacked(),
        "event_date",
    )


def _unknown() -> Column:
    return F.lit(None).cast("long").alias("known_start_us")


def _known() -> Column:
    return F.unix_micros("session_start_ts").alias("known_start_us")


def _with_start_us(rows: DataFrame, rule: Rule) -> DataFrame:
    """`start_us`: when the session of an event began."""
    ranks = " ".join(f"WHEN '{name}' THEN {value}" for name, value in EVENT_RANKS.items())
    rank = F.expr(f"CASE event_type {ranks} ELSE {len(EVENT_RANKS)} END")
    timed = rows.select("*", F.unix_micros("event_ts").alias("event_us"), rank.alias("event_rank"))
    in_order = Window.partitionBy("visitor_id").orderBy("event_us", "event_rank", "item_id", "transaction_id")
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    previous_us = F.lag("event_us").over(in_order)
    starts = previous_us.isNull() | (F.col("event_us") - previous_us > rule.gap_us) | F.col("is_cut")
    cut = marked_cuts(timed, rule.gap_us, rule.max_hours).withColumn(
        "start_us", F.coalesce("known_start_us", F.when(starts, F.col("event_us")))
    )
    return cut.withColumn("start_us", F.last("start_us", ignorenulls=True).over(so_far))


def open_events(sessionized: DataFrame, next_day: date, rule: Rule = RULE) -> DataFrame:
    """Events so late before `next_day` (UTC) that an event of that day can still belong to their session."""
    return sessionized.where(
        F.col("event_ts") >= F.lit(_midnight(next_day) - timedelta(minutes=rule.gap_minutes))
    ).select("*")


def wrongly_joined(
    carried: DataFrame, sessionized_next: DataFrame, next_day: date, rule: Rule = RULE
) -> DataFrame:
    """
    Events in the first minutes, as many as the gap, of an already computed day whose session no longer follows from the day before: that day must be computed again.
    Later events of the day hang on these or on a gap inside the day, so they need no look.
    """
    early = sessionized_next.where(
        F.col("event_ts") < F.lit(_midnight(next_day) + timedelta(minutes=rule.gap_minutes))
    )
    before = F.unix_micros("session_start_ts").alias("start_us_before")
    rows = early.select(*EVENT_COLUMNS, _unknown(), before).unionByName(
        carried.select(*EVENT_COLUMNS, _known(), before)
    )
    joined = _with_start_us(rows, rule)
    return joined.where(F.col("known_start_us").isNull() & (F.col("start_us") != F.col("start_us_before")))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
