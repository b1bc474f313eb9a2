"""Events of a real shop (test/fixtures/otto) have the sessions and counts that others found in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pyspark.sql import SparkSession

from conftest import Lake
from tables.sessionized_events import read_sessionized_events

EVENTS = Path(__file__).resolve().parents[1] / "fixtures" / "otto" / "otto-events.csv"
SESSIONS = {15: 154, 30: 144, 60: 138}


def test_the_events_of_otto_have_the_sessions_that_were_counted_elsewhere(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put("otto-events.csv", EVENTS.read_bytes())
    lake.clean()
    found = {}
    for gap in SESSIONS:
        lake.sessionize("--days", "all", "--session-gap-minutes", str(gap))
        rows = read_sessionized_events(spark, str(lake.lake), None).collect()
        found[gap] = Counter(row.session_id for row in rows)
        assert Counter(row.event_type for row in rows) == {"view": 800, "addtocart": 52, "transaction": 10}
        assert (len({row.visitor_id for row in rows}), len({row.item_id for row in rows})) == (20, 510)
        if gap == 30:
            sessions = {
                kind: len({row.session_id for row in rows if row.event_type == kind})
                for kind in ("view", "addtocart", "transaction")
            }
    assert {gap: len(sizes) for gap, sizes in found.items()} == SESSIONS
    # At the gap of half an hour: those of one event, and those with a view, a cart, a purchase.
    assert sum(size == 1 for size in found[30].values()) == 41
    assert sessions == {"view": 144, "addtocart": 21, "transaction": 5}
