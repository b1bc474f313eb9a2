"""The table of events with their session, `<lake>/sessionized/event_date=…`: columns and days; it refuses a window that leaves a hole."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from tables.clean_events import CLEAN_SCHEMA, clean_path
from tables.files import exists, list_days
from tables.lake import days_between, read_days, write_days
from tables.more_fields import MORE_SCHEMA

SESSIONIZED_SCHEMA = StructType(
    [
        StructField("event_id", StringType()),
        *[field for field in CLEAN_SCHEMA.fields[:-1] if field.name not in MORE_SCHEMA.names],
        StructField("session_id", StringType()),
        StructField("session_start_ts", TimestampType()),
        *MORE_SCHEMA.fields,
        CLEAN_SCHEMA["event_date"],
    ]
)


def sessionized_path(lake: str) -> str:
    return f"{lake}/sessionized"


def read_sessionized_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, sessionized_path(lake), SESSIONIZED_SCHEMA, days)


def write_sessionized_events(
    rows: DataFrame, lake: str, days: tuple[date, date] | None
) -> tuple[int, list[date]]:
    """Replaces the days of the window (None: the whole table); clean days without events are recorded as empty."""
    window = None if days is None else days_between(*days)
    return write_days(
        rows,
        sessionized_path(lake),
        owned=window,
        record_empty=window or list_days(rows.sparkSession, clean_path(lake)),
    )


def is_computed(spark: SparkSession, lake: str, day: date) -> bool:
    return exists(spark, f"{sessionized_path(lake)}/event_date={day.isoformat()}")


def check_no_hole(spark: SparkSession, lake: str, days: tuple[date, date]) -> None:
    """Raises ValueError unless every day of the window is clean and, when older days exist, the day before it and all older clean days are sessionized."""
    clean, done = list_days(spark, clean_path(lake)), list_days(spark, sessionized_path(lake))
    missing = days_between(*days) - clean
    if missing:
        raise ValueError(
            f"sessionizing {_span(days)}: not cleaned: {_names(missing)}; run clean with the same --from and --to first"
        )
    older = {day for day in clean | done if day < days[0]}
    holes = (
        {day for day in older if day in clean} | ({days[0] - timedelta(days=1)} if older else set())
    ) - done
    if holes:
        raise ValueError(
            f"sessionizing {_span(days)}: hole before it, not sessionized: {_names(holes)}; run these first, or all without --from and --to"
        )


def _span(days: tuple[date, date]) -> str:
    return f"{days[0]}..{days[1]}"


def _names(days: set[date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)[:10]) + (
        f" and {len(days) - 10} more" if len(days) > 10 else ""
    )
