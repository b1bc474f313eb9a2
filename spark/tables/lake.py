"""The lake's layout, one folder per day: writes whole days, replaces nothing else; it refuses to merge into a day."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tables.files import exists, list_days, remove_days, without_glob

# event_date of rejected rows that carry no usable time: no accepted event can be older than 2000.
UNDATED = date(1970, 1, 1)


def days_between(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def ranges(days: set[date]) -> list[tuple[date, date]]:
    """Days as inclusive ranges without a gap, oldest first."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def read_days(
    spark: SparkSession, table_path: str, schema: StructType, days: tuple[date, date] | None
) -> DataFrame:
    """Rows of a table, of all days or of the inclusive range `days`; an absent table has no rows."""
    if not exists(spark, table_path):
        return spark.createDataFrame([], schema)
    rows = spark.read.schema(schema).parquet(without_glob(table_path))
    return rows if days is None else rows.where(rows.event_date.between(*days))


def write_days(
    rows: DataFrame,
    table_path: str,
    owned: set[date] | None,
    record_empty: set[date],
    is_known_empty: bool = False,
) -> tuple[int, list[date]]:
    """
    Replaces the days found in `rows`; returns how many rows and which days were written. Days of `owned` (None: of the whole table) that are there
    but have no row any more are removed; days of `record_empty` without a row become a folder with one empty file: "no events" is not "never computed".
    `is_known_empty`: the caller has counted that there are no rows, so none are looked for.
    """
    spark = rows.sparkSession
    number, written = (0, set()) if is_known_empty else _write(rows, table_path)
    there = list_days(spark, table_path)
    remove_days(spark, table_path, (there if owned is None else there & owned) - written)
    for day in sorted(record_empty - written):
        empty = spark.createDataFrame(
            [], StructType([field for field in rows.schema if field.name != "event_date"])
        )
        empty.coalesce(1).write.mode("overwrite").parquet(f"{table_path}/event_date={day.isoformat()}")
    return number, sorted(written)


def _write(rows: DataFrame, table_path: str) -> tuple[int, set[date]]:
    seen = Observation()
    observed = rows.observe(
        seen,
        F.count(F.lit(1)).alias("rows"),
        F.array_join(F.collect_set(F.col("event_date").cast("string")), ",").alias("days"),
    )
    (
        observed.write.mode("overwrite")
        .option("partitionOverwriteMode", "dynamic")
        .option("compression", "zstd")
        .partitionBy("event_date")
        .parquet(table_path)
    )
    found = seen.get
    return int(found["rows"]), {date.fromisoformat(day) for day in str(found["days"]).split(",") if day}
