"""Where a session that goes on and on is ended by its age; it refuses to look at visitors who cannot have one."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

HOUR_US = 3_600_000_000


def marked_cuts(rows: DataFrame, gap_us: int, max_hours: int) -> DataFrame:
    """
    `rows` (visitor_id, event_us, known_start_us: NULL, or the start of the session that an older day gave the event) with `is_cut`: this event begins a
    session because the one before it is older than `max_hours`. Each such start counts from the one before it, so it is a fold over a visitor's events;
    few visitors can have one, and only theirs are gathered. The mark is made before the shuffle of `sessionize` and weighs a byte there.
    """
    max_us = max_hours * HOUR_US
    moments = F.sort_array(
        F.collect_set(F.struct("event_us", F.coalesce("known_start_us", F.lit(-1)).alias("known_start_us")))
    )
    cuts = (
        rows.join(F.broadcast(_visitors_to_look_at(rows, gap_us, max_us)), "visitor_id", "left_semi")
        .groupBy("visitor_id")
        .agg(moments.alias("moments"))
        .select("visitor_id", _cuts("moments", gap_us, max_us).alias("cuts"))
        .where(F.size("cuts") > 0)
    )
    is_cut = F.coalesce(F.array_contains("cuts", F.col("event_us")), F.lit(False))
    return rows.join(F.broadcast(cuts), "visitor_id", "left").withColumn("is_cut", is_cut).drop("cuts")


def _visitors_to_look_at(rows: DataFrame, gap_us: int, max_us: int) -> DataFrame:
    """Those whose events reach far enough, and are enough to leave no gap on the way or go on from an older day."""
    span_us = F.max("event_us") - F.min(F.coalesce("known_start_us", "event_us"))
    is_dense = F.count(F.lit(1)) * gap_us >= max_us
    goes_on = F.count("known_start_us") > 0
    return (
        rows.groupBy("visitor_id")
        .agg(((span_us > max_us) & (is_dense | goes_on)).alias("may_be"))
        .where("may_be")
        .select("visitor_id")
    )


def _cuts(moments: str, gap_us: int, max_us: int) -> Column:
    """The fold: through a visitor's moments in order, with the last one and the start of its session (-1: none yet)."""
    is_first = f"(so_far.last_us < 0 OR now.event_us - so_far.last_us > {gap_us})"
    is_cut = f"(now.known_start_us < 0 AND NOT {is_first} AND now.event_us - so_far.start_us > {max_us})"
    return F.expr(f"""aggregate(
        {moments},
        named_struct('last_us', -1L, 'start_us', -1L, 'cuts', CAST(array() AS ARRAY<BIGINT>)),
        (so_far, now) -> named_struct(
            'last_us', now.event_us,
            'start_us', CASE
                WHEN now.known_start_us >= 0 THEN now.known_start_us
                WHEN {is_first} OR {is_cut} THEN now.event_us
                ELSE so_far.start_us
            END,
            'cuts', CASE WHEN {is_cut} THEN concat(so_far.cuts, array(now.event_us)) ELSE so_far.cuts END
        ),
        done -> done.cuts
    )""")
