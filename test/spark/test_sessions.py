"""The session rule at its borders: exactly 30 minutes, midnight, ties, open sessions, one shuffle."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timezone

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from tables.clean_events import CLEAN_SCHEMA
from tables.sessionized_events import SESSIONIZED_SCHEMA
from tables.source import MORE
from transforms.sessions import open_events, sessionize, wrongly_joined

NOON = 1_430_654_400_000  # 2015-05-03T12:00:00Z
MIDNIGHT = 1_430_697_600_000  # 2015-05-04T00:00:00Z
MAY_4 = date(2015, 5, 4)


def event(ms: int, visitor: object = 1, kind: str = "view", item: object = 1, order: object = None) -> tuple:
    at = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return (
        at,
        str(visitor),
        kind,
        str(item),
        None if order is None else str(order),
        *[None] * len(MORE),
        at.date(),
    )


def events(spark: SparkSession, *rows: tuple) -> DataFrame:
    return spark.createDataFrame(list(rows), CLEAN_SCHEMA)


def none(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], SESSIONIZED_SCHEMA)


def stored(sessions: DataFrame) -> DataFrame:
    """As a lake has them: computed once."""
    return sessions.sparkSession.createDataFrame(sessions.collect(), SESSIONIZED_SCHEMA)


def ids(sessions: DataFrame) -> list[str]:
    return [row.session_id for row in sessions.orderBy("visitor_id", "event_ts", "event_type").collect()]


# Visitors do not know of each other, so one frame has a case for each: the visitor, and its events.
DAY = [event(NOON + n * 1_800_000, "day") for n in range(49)]
TIES = [
    event(NOON, "ties", "transaction", order=5),
    event(NOON, "ties"),
    event(NOON, "ties", "addtocart"),
    event(NOON, "ties", item=2),
]
CASES = {
    "gap": [event(NOON, "gap"), event(NOON + 1_800_000, "gap"), event(NOON + 3_600_001, "gap")],
    "first": [event(NOON, "first"), event(NOON + 1, "first"), event(NOON + 2, "first")],
    "night": [event(MIDNIGHT + ms, "night") for ms in (-1, 0, 1_800_000)],
    "ties": TIES,
    "day": [
        *DAY,
        event(NOON + 86_400_001, "day"),
        event(NOON + 86_400_001, "day", item=2),
        event(NOON + 86_500_000, "day"),
    ],
    "rest": [event(NOON, "rest"), event(NOON + 86_400_001, "rest")],
    "7": [event(NOON, 7, "view", 3), event(NOON + 1, 7, "transaction", 3, 9)],
    "a|b": [event(NOON + 2, "a|b", "view", "c\\")],
}


@pytest.fixture(scope="module")
def cut(spark: SparkSession) -> dict[str, list[Row]]:
    """The rows of each case, in order."""
    rows = sessionize(events(spark, *[row for case in CASES.values() for row in case]), none(spark)).collect()
    rows.sort(key=lambda row: (row.event_ts, row.event_type))
    return {visitor: [row for row in rows if row.visitor_id == visitor] for visitor in CASES}


def sessions_of(cut: dict[str, list[Row]], visitor: str) -> list[str]:
    return [row.session_id for row in cut[visitor]]


def test_a_gap_of_exactly_1800_000_s_stays_and_1800_001_s_splits(cut: dict[str, list[Row]]) -> None:
    assert sessions_of(cut, "gap") == [f"gap-{NOON}", f"gap-{NOON}", f"gap-{NOON + 3_600_001}"]


def test_the_first_session_of_a_visitor_has_one_id(cut: dict[str, list[Row]]) -> None:
    assert sessions_of(cut, "first") == [f"first-{NOON}"] * 3


def test_a_session_over_midnight_keeps_its_id_and_its_events_keep_their_days(
    cut: dict[str, list[Row]],
) -> None:
    assert sessions_of(cut, "night") == [f"night-{MIDNIGHT - 1}"] * 3
    assert [row.event_date.isoformat() for row in cut["night"]] == ["2015-05-03", "2015-05-04", "2015-05-04"]


def test_events_at_one_instant_make_one_session_in_any_input_order(
    spark: SparkSession, cut: dict[str, list[Row]]
) -> None:
    again = sessionize(events(spark, *reversed(TIES)), none(spark)).collect()
    assert sorted(cut["ties"], key=str) == sorted(again, key=str)
    assert sessions_of(cut, "ties") == [f"ties-{NOON}"] * 4


def test_a_session_of_exactly_24_hours_stays_and_a_millisecond_more_begins_another(
    cut: dict[str, list[Row]],
) -> None:
    assert sessions_of(cut, "day") == [f"day-{NOON}"] * 49 + [f"day-{NOON + 86_400_001}"] * 3
    assert sessions_of(cut, "rest") == [f"rest-{NOON}", f"rest-{NOON + 86_400_001}"]


def test_the_event_id_is_the_digest_the_contract_names(cut: dict[str, list[Row]]) -> None:
    expected = [f"{NOON}|7|view|3|", f"{NOON + 1}|7|transaction|3|9", f"{NOON + 2}|a\\|b|view|c\\\\|"]
    assert [row.event_id for row in [*cut["7"], *cut["a|b"]]] == [
        hashlib.sha256(text.encode()).hexdigest() for text in expected
    ]


def test_an_open_session_is_carried_over_midnight_and_a_closed_one_is_not(spark: SparkSession) -> None:
    yesterday = sessionize(
        events(
            spark,
            event(MIDNIGHT - 2_000_000),
            event(MIDNIGHT - 1_000_000),
            event(MIDNIGHT - 1_800_001, visitor=2),
        ),
        none(spark),
    )
    carried = open_events(stored(yesterday), MAY_4)
    today = sessionize(events(spark, event(MIDNIGHT + 800_000), event(MIDNIGHT, visitor=2)), carried)
    assert ids(today) == [f"1-{MIDNIGHT - 2_000_000}", f"2-{MIDNIGHT}"]


def test_a_session_at_exactly_the_gap_before_midnight_is_still_open(spark: SparkSession) -> None:
    carried = open_events(stored(sessionize(events(spark, event(MIDNIGHT - 1_800_000)), none(spark))), MAY_4)
    assert ids(sessionize(events(spark, event(MIDNIGHT)), carried)) == [f"1-{MIDNIGHT - 1_800_000}"]


def test_a_late_event_before_midnight_makes_the_next_day_wrong(spark: SparkSession) -> None:
    rows = [event(NOON), event(MIDNIGHT + 5), event(MIDNIGHT - 10, visitor=2), event(MIDNIGHT + 5, visitor=2)]
    next_day = stored(sessionize(events(spark, *[row for row in rows if row[-1] == MAY_4]), none(spark)))
    day = stored(sessionize(events(spark, *[row for row in rows if row[-1] != MAY_4]), none(spark)))
    on_time, late = open_events(day.where("visitor_id = '1'"), MAY_4), open_events(day, MAY_4)
    assert wrongly_joined(on_time, next_day, MAY_4).isEmpty()
    assert not wrongly_joined(late, next_day, MAY_4).isEmpty()


def test_the_age_of_a_carried_session_counts_from_its_start_on_the_older_day(spark: SparkSession) -> None:
    first = MIDNIGHT - 43_200_000
    yesterday = sessionize(events(spark, *[event(first + n * 1_800_000) for n in range(24)]), none(spark))
    today = events(spark, *[event(MIDNIGHT + n * 1_800_000) for n in range(30)])
    assert set(ids(sessionize(today, open_events(stored(yesterday), MAY_4)))) == {
        f"1-{first}",
        f"1-{MIDNIGHT + 25 * 1_800_000}",
    }


def test_cutting_sessions_takes_one_shuffle_and_one_sort(spark: SparkSession) -> None:
    rows = events(spark, event(NOON), event(NOON + 1))
    plan = (
        sessionize(rows, open_events(sessionize(rows, none(spark)), MAY_4).limit(0))
        ._jdf.queryExecution()
        .executedPlan()
        .toString()
    )
    # Beside it, visitors are counted to find those who may have an endless session; of the others nothing is gathered.
    initial = plan.split("Initial Plan ==")[-1]
    assert initial.count("Exchange hashpartitioning") == 3, plan
    assert initial.count("Sort [") == 1, plan
    assert "Python" not in initial
