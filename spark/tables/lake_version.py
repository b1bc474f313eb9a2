"""Which version of the contract a lake was written by; it refuses to add days to a lake whose ids are numbers."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tables.clean_events import clean_path
from tables.files import list_files
from tables.parquet_footer import parquet_schema
from tables.sessionized_events import sessionized_path


def check_lake_version(spark: SparkSession, lake: str, job: str, is_everything: bool) -> None:
    """
    Raises ValueError when a table that `job` reads or adds to holds ids as numbers (version 1). A run over everything replaces its own table and may go on:
    that is how such a lake becomes version 2. One footer is read, for a run never leaves a table of two versions.
    """
    tables = {"clean": clean_path(lake), "sessionize": sessionized_path(lake)}
    reads = [clean_path(lake)] if job == "sessionize" else []
    for table in [*reads, *([] if is_everything else [tables[job]])]:
        if _id_type(spark, table) == "INT64":
            raise ValueError(
                f"reading {table}: its ids are numbers, written by version 1 of the contract; compute everything once from the raw files: "
                "clean --days all, then sessionize --days all"
            )


def _id_type(spark: SparkSession, table: str) -> str | None:
    for status in list_files(spark, table):
        if status.getPath().getName().endswith(".parquet"):
            schema = parquet_schema(spark, status.getPath().toString())
            return str(schema.getType("visitor_id").asPrimitiveType().getPrimitiveTypeName().toString())
    return None
