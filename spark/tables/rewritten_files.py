"""A raw file without some of its lines, beside it; every other line keeps its bytes and its place, and it refuses to choose which lines go."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tables.erasure import copy, file_of
from tables.files import file_system, hadoop_path, list_files, without_glob
from tables.json_lines import is_filled
from tables.raw_files import RawFile
from tables.raw_layouts import Layout


def rewrite_without(
    spark: SparkSession,
    file: RawFile,
    layout: Layout,
    target: str,
    goes: Callable[[DataFrame], DataFrame],
) -> RawFile:
    """
    Writes `target`: the lines of `file` for which `goes` does not say `is_visitors`, and the header, each ended by a line feed; packed when the file is.
    A line is never decoded on its way.
    """
    lines = spark.read.text(without_glob(file.name)).select(
        "value",
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("place"),
    )
    is_kept = ~F.col("is_visitors")
    if layout.source.kind == "csv":
        header = lines.where(is_filled()).orderBy("block", "place").first()
        is_kept |= F.col("value") == F.lit(header.value)
    parts, packed = f"{target}.parts", file.name.endswith(".gz")
    (
        goes(lines)
        .where(is_kept)
        .orderBy("block", "place")
        .select("value")
        .write.mode("overwrite")
        .option("compression", "gzip" if packed else "none")
        .text(parts)
    )
    # Several gzip members after one another are one gzip file.
    copy(spark, sorted(status.getPath().toString() for status in list_files(spark, parts)), target)
    file_system(spark, parts).delete(hadoop_path(spark, parts), True)
    return file_of(spark, target)
