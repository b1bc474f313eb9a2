"""The table of refused rows with their reason, `<lake>/rejected/event_date=…` (1970-01-01: no usable time); it refuses to repair them."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, LongType, StringType, StructField, StructType

from tables.lake import UNDATED, read_days, write_days

WRITTEN = ("timestamp", "visitorid", "event", "itemid", "transactionid", "malformed_line")
REJECTED_SCHEMA = StructType(
    [StructField(name, StringType()) for name in ("reason", "source_file")]
    + [StructField("source_line", LongType())]
    + [StructField(name, StringType()) for name in WRITTEN]
    + [StructField("event_date", DateType())]
)


def rejected_path(lake: str) -> str:
    return f"{lake}/rejected"


def read_rejected_events(spark: SparkSession, lake: str, days: tuple[date, date] | None) -> DataFrame:
    return read_days(spark, rejected_path(lake), REJECTED_SCHEMA, days)


def write_rejected_events(
    rows: DataFrame, lake: str, days: set[date] | None, unread: list[str], is_known_empty: bool
) -> tuple[int, list[date]]:
    """Replaces `days` (None: the whole table). Undated rows belong to no day: those of the files `unread` in this run are kept."""
    if days is not None and unread:
        undated = read_rejected_events(rows.sparkSession, lake, (UNDATED, UNDATED))
        # Cut off from its files, which are replaced while it is written.
        kept = undated.where(undated.source_file.isin(unread)).localCheckpoint()
        rows, is_known_empty = rows.unionByName(kept), False
    owned = None if days is None else days | {UNDATED}
    return write_days(rows, rejected_path(lake), owned, set(), is_known_empty)
