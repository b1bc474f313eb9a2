"""What rows are, whatever their order: how many, and a digest of all of them; it refuses nothing, for any frame has one."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def digest_of(columns: list[str], which: Column) -> tuple[Column, Column]:
    """Aggregates `row_count` and `digest` of the rows `which`: a sum, so a row that is there twice counts twice."""
    one = F.xxhash64(F.to_json(F.struct(*columns))).cast("decimal(38,0)")
    return F.count_if(which).alias("row_count"), F.sum(F.when(which, one)).cast("string").alias("digest")
