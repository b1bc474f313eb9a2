"""The table of accepted events, `<lake>/clean/event_date=…`: its columns and days; it refuses anything but whole days."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, LongType, StringType, StructField, StructType, TimestampType

from tables.lake import days_between, read_days, write_days

CLEAN_SCHEMA = StructType(
    [
        StructField("event_id", StringType()),
        StructField("event_ts", TimestampType()),
        StructField("visitor_id", LongType()),
        StructField("event_type", StringType()),
        StructField("item_id", LongType()),
        StructField("transaction_id", LongType()),
        StructField("event_date", DateType()),
    ]
)


def clean_path(lake: str) -> str:
    return f"{lake}/clean"


def read_clean_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, clean_path(lake), CLEAN_SCHEMA, days)


def write_clean_events(rows: DataFrame, lake: str, days: tuple[date, date] | None) -> tuple[int, list[date]]:
    """Replaces the days of the window (None: the whole table); a day of the window without events is recorded as empty."""
    window = None if days is None else days_between(*days)
    return write_days(rows, clean_path(lake), owned=window, record_empty=window or set())
