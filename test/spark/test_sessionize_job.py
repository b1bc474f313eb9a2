"""The sessionize batch: day by day equals full, also with late events; holes are refused."""

from __future__ import annotations

import random
import shutil

import pytest
from pyspark.sql import SparkSession

from conftest import Lake
from tables.sessionized_events import read_sessionized_events

DAY_MS = 86_400_000
MAY_3 = 1_430_611_200_000
DAYS = ["2015-05-03", "2015-05-04", "2015-05-05", "2015-05-06"]


def make_events(seed: int, count: int = 400) -> list[tuple]:
    """Few visitors, pauses around the gap, many around midnight; every fifth hardly ever rests: its sessions end by their age."""
    source, rows = random.Random(seed), []
    for visitor in range(25):
        now = MAY_3 + source.randrange(DAY_MS)
        pauses = [1, 60_000, 1_799_999, 1_800_000, 1_800_001, 4_000_000, 9_000_000]
        if visitor % 5 == 0:
            pauses = [1, 60_000, *[1_799_999, 1_800_000] * 60, 1_800_001]
        for _ in range(count // 2):
            rows.append((now, visitor, "view", source.randrange(5), None))
            now += source.choice(pauses)
            if now >= MAY_3 + len(DAYS) * DAY_MS:
                break
    return rows


def sessionized(spark: SparkSession, lake: Lake) -> list[tuple]:
    rows = read_sessionized_events(spark, str(lake.lake), None).orderBy("event_id").collect()
    return [(row.event_id, row.session_id, row.session_start_ts, row.event_date) for row in rows]


def expected_sessions(rows: list[tuple], longest_ms: int = DAY_MS) -> set[str]:
    """The rule a second time, in plain Python."""
    ids, last, start = set(), {}, {}
    for ms, visitor, *_ in sorted(set(rows), key=lambda row: (row[1], row[0])):
        if visitor not in last or ms - last[visitor] > 1_800_000 or ms - start[visitor] > longest_ms:
            start[visitor] = ms
        last[visitor] = ms
        ids.add(f"{visitor}-{start[visitor]}")
    return ids


@pytest.mark.deep
def test_day_by_day_equals_full_and_both_equal_plain_python(spark: SparkSession, lake: Lake) -> None:
    rows = make_events(1)
    lake.put_events("a.csv", rows)
    lake.clean()
    lake.sessionize()
    full = sessionized(spark, lake)
    assert {row[1] for row in full} == expected_sessions(rows)
    assert len(expected_sessions(rows) - expected_sessions(rows, 10 * DAY_MS)) > 5, (
        "sessions must end by their age"
    )
    starts = {row[1]: row[2].date() for row in full}
    assert sum(starts[row[1]] != row[3] for row in full) > 5, "the data must cross midnight"
    shutil.rmtree(lake.lake / "sessionized")
    for day in DAYS:
        lake.sessionize("--from", day, "--to", day)
    assert sessionized(spark, lake) == full
    lake.sessionize("--from", DAYS[1], "--to", DAYS[2])
    assert sessionized(spark, lake) == full


@pytest.mark.deep
def test_late_events_change_the_following_days_as_a_full_run_would(spark: SparkSession, lake: Lake) -> None:
    chain = [(MAY_3 + DAY_MS - 900_000 + n * 1_700_000, 99, "view", 1, None) for n in range(1, 110)]
    lake.put_events("a.csv", [*make_events(2), *chain])
    lake.clean()
    lake.sessionize()
    lake.put_events("late.csv", [(MAY_3 + DAY_MS - 900_000, 99, "view", 1, None)])
    lake.clean("--from", DAYS[0], "--to", DAYS[0])
    lake.sessionize("--from", DAYS[0], "--to", DAYS[0])
    by_day = sessionized(spark, lake)
    lake.sessionize()
    assert by_day == sessionized(spark, lake)
    # A session of more than a day ends, and so does the one that follows it: the late event moves both.
    moved = MAY_3 + DAY_MS - 900_000
    second = next(ms for ms in range(moved, moved + 2 * DAY_MS, 1_700_000) if ms - moved > DAY_MS)
    assert f"99-{second}" in {row[1] for row in by_day if row[3].isoformat() == DAYS[2]}


def test_a_lake_whose_sessions_end_at_another_age_is_cut_anew_or_not_at_all(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n * 1_500_000, 1, "view", 1, None) for n in range(20)])
    lake.clean()
    lake.sessionize("--session-max-hours", "6")
    assert {row[1] for row in sessionized(spark, lake)} == {f"1-{MAY_3}", f"1-{MAY_3 + 15 * 1_500_000}"}
    for days in ("new", DAYS[0]):
        with pytest.raises(ValueError, match="its sessions end after 6 hours, not 24"):
            lake.sessionize("--days", days)
    lake.sessionize("--days", "all")
    assert {row[1] for row in sessionized(spark, lake)} == {f"1-{MAY_3}"}


def test_another_gap_cuts_everything_anew_also_over_midnight_or_is_refused(
    spark: SparkSession, lake: Lake
) -> None:
    midnight, minute = MAY_3 + DAY_MS, 60_000
    apart = [midnight + n * minute for n in (-21, -11, -1, 9)] + [midnight + 19 * minute + 1]
    lake.put_events("a.csv", [(ms, 1, "view", 1, None) for ms in apart] + [(apart[3], 2, "view", 1, None)])
    lake.clean()
    for day in DAYS[:2]:
        lake.sessionize("--from", day, "--to", day, "--session-gap-minutes", "10")
    whole = {f"1-{apart[0]}", f"1-{apart[4]}"}
    assert {row[1] for row in sessionized(spark, lake)} == {*whole, f"2-{apart[3]}"}
    # A late event ten minutes before the first of a day that is there: the day follows.
    lake.put_events("b.csv", [(apart[2], 2, "view", 1, None)])
    lake.clean("--days", "new")
    lake.sessionize("--days", "new", "--session-gap-minutes", "10")
    assert {row[1] for row in sessionized(spark, lake)} == {*whole, f"2-{apart[2]}"}
    for days in ("new", DAYS[1]):
        with pytest.raises(ValueError, match="its sessions end after 10 minutes without an event, not 30"):
            lake.sessionize("--days", days)
    lake.sessionize("--days", "all")
    assert {row[1] for row in sessionized(spark, lake)} == {f"1-{apart[0]}", f"2-{apart[2]}"}
    # A ledger from before there was a choice is of the only gap there was.
    for entry in (lake.lake / "_ledger" / "sessionize").glob("*.json"):
        entry.write_text(entry.read_text().replace('"gap_minutes":30,', ""))
        entry.with_name(f".{entry.name}.crc").unlink(missing_ok=True)
    with pytest.raises(ValueError, match="its sessions end after 30 minutes without an event, not 10"):
        lake.sessionize("--days", "new", "--session-gap-minutes", "10")
    lake.sessionize("--days", "new")


def test_a_hole_is_refused_a_day_without_events_is_none_and_a_full_run_removes_days_that_are_gone(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 1, "view", 1, None) for n in range(3)])
    lake.clean()
    lake.sessionize("--from", DAYS[0], "--to", DAYS[0])
    with pytest.raises(ValueError, match="hole before it, not sessionized: 2015-05-04"):
        lake.sessionize("--from", DAYS[2], "--to", DAYS[2])
    with pytest.raises(ValueError, match="not cleaned: 2015-05-06"):
        lake.sessionize("--from", DAYS[1], "--to", DAYS[3])
    assert lake.days("sessionized") == DAYS[:1]
    lake.sessionize("--from", DAYS[1], "--to", DAYS[2])
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 1, "view", 1, None) for n in (0, 2)])
    lake.clean("--from", DAYS[1], "--to", DAYS[1])
    lake.sessionize("--from", DAYS[1], "--to", DAYS[1])
    assert sorted(row[3].isoformat() for row in sessionized(spark, lake)) == [DAYS[0], DAYS[2]]
    assert lake.days("sessionized") == DAYS[:3]
    lake.put_events("a.csv", [(MAY_3, 1, "view", 1, None)])
    lake.clean()
    lake.sessionize()
    assert lake.days("sessionized") == DAYS[:1]
