"""Days with many events: in several tasks and files, and without what only robots do."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from conftest import Lake
from tables.clean_events import read_clean_events, read_quarantined_events
from tables.raw_events import raw_schema
from tables.source import shipped_source
from transforms import judged_events
from transforms.judged_events import judge_events
from transforms.parsed_events import parse_events

SOURCE = shipped_source("retailrocket")
MAY_3 = 1_430_611_200_000
DAY_MS = 86_400_000


def clean_rows(spark: SparkSession, lake: Lake) -> list[tuple]:
    rows = (
        read_clean_events(spark, str(lake.lake), None).orderBy("event_ts", "visitor_id", "item_id").collect()
    )
    return [(int(row.event_ts.timestamp() * 1000), row.visitor_id, row.item_id) for row in rows]


def test_a_large_day_is_several_tasks_and_files_and_the_same_rows(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(MAY_3 + n, 1 if n % 2 else n, "view", 10, None) for n in range(400)]
    lake.put_events(
        "a.csv",
        [*rows, *rows[:50], *[("x", 1, "view", 10, None)] * 30, (MAY_3 + DAY_MS, 1, "view", 10, None)],
    )
    lake.put_events("b.csv", rows[20:60])
    monkeypatch.setattr(judged_events, "ROWS_PER_PART", 100)
    lake.clean("--max-rejected-share", "1")
    counts = lake.metrics()
    assert [counts[key] for key in ("raw", "clean", "rejected", "duplicates")] == [521, 401, 30, 90]
    assert [file["duplicates"] for file in counts["files"]] == [50, 40]
    assert [(row[0], row[1]) for row in clean_rows(spark, lake)[:400]] == [
        (row[0], str(row[1])) for row in rows
    ]
    files = read_clean_events(spark, str(lake.lake), (date(2015, 5, 3), date(2015, 5, 3))).groupBy(
        F.input_file_name()
    )
    sizes = [row["count"] for row in files.count().collect()]
    assert sum(sizes) == 400
    assert len(sizes) > 2 and max(sizes) < 200, "one visitor has half of the events: they are in all parts"
    assert len(list((lake.lake / "clean" / "event_date=2015-05-04").glob("*.parquet"))) == 1


def test_equal_rows_are_found_with_one_shuffle_also_of_a_day_in_parts(
    spark: SparkSession,
) -> None:
    parsed_rows = parse_events(spark.createDataFrame([], raw_schema(SOURCE)), MAY_3, SOURCE)
    for parts in ({}, {date(2015, 5, 3): 4}):
        judged = judge_events(parsed_rows, None, {60}, parts)
        plan = judged._jdf.queryExecution().executedPlan().toString()
        assert (plan.count("Exchange"), plan.count("hashpartitioning(event_date")) == (1, 1), plan


def test_what_one_visitor_has_beyond_the_limit_of_a_day_is_quarantined(
    spark: SparkSession, lake: Lake
) -> None:
    robot = [(MAY_3 + n // 2, 7, "view", n, None) for n in range(9)]
    lake.put_events("a.csv", [*robot[:5], robot[0], (MAY_3, 8, "view", 1, None)])
    lake.put_events("b.csv", [*robot[5:], (MAY_3 + DAY_MS, 7, "view", 1, None)])
    most = ("--max-events-per-visitor-day", "4")
    lake.clean(*most)
    counts = lake.metrics()
    whole = [counts[key] for key in ("raw", "clean", "rejected", "duplicates", "quarantined")]
    assert whole == [12, 6, 0, 1, 5]
    assert [(f["raw"], f["clean"], f["duplicates"], f["quarantined"]) for f in counts["files"]] == [
        (7, 5, 1, 1),
        (5, 1, 0, 4),
    ]
    there = read_quarantined_events(spark, str(lake.lake), None).orderBy("event_ts").collect()
    assert [(row.visitor_id, row.event_ts.microsecond // 1000, str(row.event_date)) for row in there] == [
        ("7", ms, "2015-05-03") for ms in (2, 2, 3, 3, 4)
    ]
    lines = (lake.lake / "_ledger" / "files.csv").read_text().splitlines()
    assert [line.rsplit("/", 1)[-1] for line in lines if ",quarantined," in line] == [
        "a.csv,2015-05-03,quarantined,,1",
        "b.csv,2015-05-03,quarantined,,4",
    ]
    kept = clean_rows(spark, lake)
    lake.put_events("late.csv", [(MAY_3 - 1 + DAY_MS, 9, "view", 1, None)])
    lake.clean("--new", *most)
    assert [row for row in clean_rows(spark, lake) if row[1] != "9"] == kept
    lake.clean("--new")
    assert len(clean_rows(spark, lake)) == 7, "nothing new: the days stay as they are"
    lake.clean()
    assert (len(clean_rows(spark, lake)), read_quarantined_events(spark, str(lake.lake), None).count()) == (
        12,
        0,
    )
    with pytest.raises(SystemExit):
        lake.clean("--max-events-per-visitor-day", "0")
