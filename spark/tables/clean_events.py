"""The tables of accepted events, `<lake>/clean/event_date=…`, and of those beyond what one visitor may have on a day, `<lake>/quarantined/event_date=…`; they refuse anything but whole days."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, StringType, StructField, StructType, TimestampType

from tables.files import list_days
from tables.lake import read_days, write_days
from tables.more_fields import MORE_SCHEMA

# `event_id` is made again from the rest: its digest would weigh more than all else.
CLEAN_SCHEMA = StructType(
    [
        StructField("event_ts", TimestampType()),
        StructField("visitor_id", StringType()),
        StructField("event_type", StringType()),
        StructField("item_id", StringType()),
        StructField("transaction_id", StringType()),
        *MORE_SCHEMA.fields,
        StructField("event_date", DateType()),
    ]
)


def clean_path(lake: str) -> str:
    return f"{lake}/clean"


def read_clean_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, clean_path(lake), CLEAN_SCHEMA, days)


def clean_days(spark: SparkSession, lake: str) -> set[date]:
    return list_days(spark, clean_path(lake))


def write_clean_events(
    rows: DataFrame, lake: str, days: set[date] | None, record_empty: set[date], is_known_empty: bool
) -> tuple[int, list[date]]:
    """Replaces `days` (None: the whole table); a day of `record_empty` without events is recorded as empty."""
    return write_days(rows, clean_path(lake), days, record_empty, is_known_empty)


def read_quarantined_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, f"{lake}/quarantined", CLEAN_SCHEMA, days)


def write_quarantined_events(
    rows: DataFrame, lake: str, days: set[date] | None, is_known_empty: bool
) -> tuple[int, list[date]]:
    return write_days(rows, f"{lake}/quarantined", days, set(), is_known_empty)
