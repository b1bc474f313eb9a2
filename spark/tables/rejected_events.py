"""The table of refused rows with their reason, `<lake>/rejected/event_date=…` (1970-01-01: no usable time); it refuses to repair them."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, StringType, StructField, StructType

from tables.lake import UNDATED, days_between, read_days, write_days

REJECTED_SCHEMA = StructType(
    [
        StructField(c, StringType())
        for c in (
            "reason",
            "source_file",
            "timestamp",
            "visitorid",
            "event",
            "itemid",
            "transactionid",
            "malformed_line",
        )
    ]
    + [StructField("event_date", DateType())]
)


def rejected_path(lake: str) -> str:
    return f"{lake}/rejected"


def read_rejected_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, rejected_path(lake), REJECTED_SCHEMA, days)


def write_rejected_events(
    rows: DataFrame, lake: str, days: tuple[date, date] | None
) -> tuple[int, list[date]]:
    """Replaces the days of the window and the undated rows, which every run sees whole."""
    return write_days(
        rows,
        rejected_path(lake),
        owned=None if days is None else days_between(*days) | {UNDATED},
        record_empty=set(),
    )
