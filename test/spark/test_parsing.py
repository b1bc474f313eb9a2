"""Which raw strings are an event, and the reason for each that is not."""

from __future__ import annotations

from datetime import datetime

import pytest
from pyspark.sql import Row, SparkSession

from tables.raw_events import raw_schema
from tables.source import shipped_source
from transforms.parsed_events import parse_events
from transforms.timestamps import instant_us

NOW_MS = 1_500_000_000_000
SOURCE = shipped_source("retailrocket")
GOOD = ("1430622004384", "7", "view", "355908", None)
IDS = ["007", "7", "0", "9223372036854775808", "9" * 64]

# Which field, what is written there, and the reason that it gives.
REFUSED = [
    (0, None, "timestamp_not_integer"),
    (0, "2015-05-03", "timestamp_not_integer"),
    (0, "1430622004384.5", "timestamp_not_integer"),
    (0, " 1430622004384", "timestamp_not_integer"),
    (0, "1.430622e12", "timestamp_not_integer"),
    (0, "1430622004384\n", "timestamp_not_integer"),
    (0, "1430622004384.0\n", "timestamp_not_integer"),
    (0, "99999999999999999999", "timestamp_not_integer"),
    (0, "946684799999", "timestamp_before_2000"),
    (0, "-1", "timestamp_before_2000"),
    (0, "1430622004", "timestamp_before_2000"),
    (0, str(NOW_MS + 1), "timestamp_in_future"),
    (0, "9223372036854775807", "timestamp_in_future"),
    (1, "", "visitorid_not_digits"),
    (1, "abc", "visitorid_not_digits"),
    (1, "-7", "visitorid_not_digits"),
    (1, "+7", "visitorid_not_digits"),
    (1, "7.5", "visitorid_not_digits"),
    (1, "7\n", "visitorid_not_digits"),
    (1, "\u0667", "visitorid_not_digits"),
    (1, "9" * 65, "visitorid_not_digits"),
    (2, "click", "event_unknown"),
    (2, "View", "event_unknown"),
    (2, None, "event_unknown"),
    (3, None, "itemid_not_digits"),
    (3, "-1", "itemid_not_digits"),
    (4, "x", "transactionid_not_digits"),
    (4, "-5", "transactionid_not_digits"),
    (4, "8693", "transactionid_unexpected"),
    (2, "transaction", "transactionid_missing"),
]


# All in one frame, for each query costs a second.
WRITTEN = {
    "plain": [
        ("1430622004384", "7", "transaction", "5", "8693"),
        ("1430622004384", "7.0", "transaction", "5.0", "8693.0"),
    ],
    "ids": [(GOOD[0], text, *GOOD[2:]) for text in IDS],
    "refused": [(*GOOD[:place], value, *GOOD[place + 1 :]) for place, value, _ in REFUSED],
    "border": [("946684800000", *GOOD[1:]), (str(NOW_MS), *GOOD[1:])],
    "width": [(*GOOD, "the,whole,line")],
    "undated": [("x", *GOOD[1:]), ("1", *GOOD[1:]), ("9223372036854775807", *GOOD[1:])],
}


@pytest.fixture(scope="module")
def parsed(spark: SparkSession) -> dict[str, list[Row]]:
    written = [(*row, *[None] * (6 - len(row)), 0, 0, 0) for rows in WRITTEN.values() for row in rows]
    frame = spark.createDataFrame(written, raw_schema(SOURCE)).coalesce(1)
    found = iter(parse_events(frame, NOW_MS, SOURCE).collect())
    return {name: [next(found) for _ in rows] for name, rows in WRITTEN.items()}


def test_a_plain_event_and_one_written_by_pandas_are_the_same_event(parsed: dict[str, list[Row]]) -> None:
    plain, pandas = parsed["plain"]
    assert plain == pandas
    assert (plain.event_us, plain.visitor_id, plain.item_id, plain.transaction_id, plain.reason) == (
        1430622004384000,
        "7",
        "5",
        "8693",
        None,
    )
    assert plain.event_date.isoformat() == "2015-05-03"
    assert plain.refused is None


def test_an_id_is_the_text_that_was_written(parsed: dict[str, list[Row]]) -> None:
    assert [row.visitor_id for row in parsed["ids"]] == IDS


def test_a_row_that_is_no_event_says_why(parsed: dict[str, list[Row]]) -> None:
    for (place, value, reason), row in zip(REFUSED, parsed["refused"], strict=True):
        assert (place, value, row.reason, row.refused[place]) == (place, value, reason, value or None)


def test_the_first_and_the_last_accepted_instant_are_accepted(parsed: dict[str, list[Row]]) -> None:
    assert [row.reason for row in parsed["border"]] == [None, None]


def test_a_line_with_too_few_or_too_many_fields_is_refused_whatever_it_says(
    parsed: dict[str, list[Row]],
) -> None:
    (row,) = parsed["width"]
    assert (row.reason, row.refused.malformed_line) == ("field_count", "the,whole,line")


def test_a_row_without_usable_time_is_filed_under_1970(parsed: dict[str, list[Row]]) -> None:
    assert {row.event_date.isoformat() for row in parsed["undated"]} == {"1970-01-01"}


ISO_TIMES = {
    "2015-05-03T10:00:00.384Z": "10:00:00.384000",
    "2015-05-03 10:00:00.384123 UTC": "10:00:00.384123",
    "2015-05-03 10:00:00 UTC": "10:00:00",
    "2015-05-03 10:00:00UTC": "10:00:00",
    "2015-05-03T12:00:00+0200": "10:00:00",
    "2015-05-03 12:00:00.5 +02:00": "10:00:00.500000",
    "2015-05-03T08:30:01-0130": "10:00:01",
    "2015-05-03 12:00:00+02": "10:00:00",
    "2015-05-03T10:00Z": "10:00:00",
    "2015-05-03 10:00": "10:00:00",
    "2015-05-03T12:00+02": "10:00:00",
    "2015-05-03": None,
    "2015-05-03 10": None,
    "2015-05-03 25:00 UTC": None,
    "2015-05-03 10:00:00 CET": None,
    "2015-05-03T10:00:00+2": None,
    "20150503T100000Z": None,
}


def test_times_are_read_as_bigquery_and_databases_write_them(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(text,) for text in ISO_TIMES], "at string").coalesce(1)
    found = [row.us for row in frame.select(instant_us("at", "iso").alias("us")).collect()]
    expected = [
        None
        if time is None
        else int(datetime.fromisoformat(f"2015-05-03T{time}+00:00").timestamp() * 1_000_000)
        for time in ISO_TIMES.values()
    ]
    assert dict(zip(ISO_TIMES, found)) == dict(zip(ISO_TIMES, expected))
