"""Raw CSV files as one frame of strings, whatever the order of their columns; it refuses files without the five columns."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from tables.files import file_system, list_files, without_glob

COLUMNS = ("timestamp", "visitorid", "event", "itemid", "transactionid")
HEADER_LIMIT_CHARS = 1 << 20
MALFORMED = "malformed_line"
RAW_SCHEMA = StructType(
    [StructField(c, StringType()) for c in (*COLUMNS, MALFORMED)] + [StructField("file_index", LongType())]
)


def find_raw_files(spark: SparkSession, raw: str) -> tuple[list[Any], list[str]]:
    """Statuses of the `.csv` and `.csv.gz` files below `raw` in name order, and the names of files left aside for their extension."""
    statuses = sorted(list_files(spark, raw), key=lambda s: s.getPath().toUri().toString())
    taken = [s for s in statuses if s.getPath().getName().lower().endswith((".csv", ".csv.gz"))]
    aside = [str(s.getPath()) for s in statuses if s not in taken]
    if not taken:
        raise ValueError(f"reading {raw}: no .csv or .csv.gz file there; check --raw")
    return taken, aside


def read_header(spark: SparkSession, status: Any) -> tuple[str, ...]:
    """Column names of one file; () for a file without a byte. Raises ValueError naming the file when a needed column is absent or doubled."""
    jvm, path = spark._jvm, status.getPath()
    stream = file_system(spark, str(path)).open(path)
    try:
        codec = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(
            spark._jsc.hadoopConfiguration()
        ).getCodec(path)
        if codec is not None and status.getLen() > 0:
            stream = codec.createInputStream(stream)
        bounded = jvm.org.apache.commons.io.input.BoundedReader(
            jvm.java.io.InputStreamReader(stream, "UTF-8"), HEADER_LIMIT_CHARS
        )
        line = jvm.java.io.BufferedReader(bounded).readLine()
    finally:
        stream.close()
    if line is None:
        return ()
    names = tuple(name.strip() for name in next(csv.reader([line.removeprefix("\ufeff")]), []))
    for column in COLUMNS:
        if names.count(column) != 1:
            raise ValueError(
                f"reading {path}: the header must have {column} once, found {', '.join(names)[:200]!r}; columns: {','.join(COLUMNS)}"
            )
    return names


def read_raw_events(spark: SparkSession, files: list[Any]) -> DataFrame:
    """
    The five columns as strings, `malformed_line` (the line, when it has not as many fields as the header) and `file_index`, the place in `files`.
    Files with the same header are read together; Spark checks no header of its own (it would compare names by position only).
    """
    layouts: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, status in enumerate(files):
        layouts[read_header(spark, status)].append(index)
    rows = spark.createDataFrame([], RAW_SCHEMA)
    for names, indexes in layouts.items():
        if names:
            rows = rows.unionByName(_read_layout(spark, files, names, indexes))
    return rows


def _read_layout(
    spark: SparkSession, files: list[Any], names: tuple[str, ...], indexes: list[int]
) -> DataFrame:
    # Under the file's own names Spark has nothing to warn about; names that differ by case alone (or are
    # ours) would be ambiguous.
    is_unambiguous = len({name.casefold() for name in (*names, MALFORMED)}) == len(names) + 1
    positions = list(names) if is_unambiguous else [f"c{position}" for position in range(len(names))]
    schema = StructType([StructField(name, StringType()) for name in (*positions, MALFORMED)])
    paths = [without_glob(str(files[index].getPath())) for index in indexes]
    rows = spark.read.csv(
        paths,
        schema=schema,
        header=True,
        enforceSchema=True,
        escape='"',
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=MALFORMED,
    )
    columns = [F.col(positions[names.index(column)]).alias(column) for column in COLUMNS]
    return _with_file_index(rows.select(*columns, MALFORMED, "_metadata.file_path"), files, indexes).select(
        *COLUMNS, MALFORMED, "file_index"
    )


def count_raw_rows(spark: SparkSession, files: list[Any]) -> dict[int, int]:
    """Lines that are not blank, less the header, by place in `files`: counted without the CSV reader, so that it can prove the other counts wrong."""
    filled = [index for index, status in enumerate(files) if status.getLen() > 0]
    if not filled:
        return {}
    lines = spark.read.text([without_glob(str(files[index].getPath())) for index in filled]).where(
        "NOT (value RLIKE '^[\\\\x00-\\\\x20]*$')"
    )
    counted = (
        _with_file_index(lines.select("_metadata.file_path"), files, filled)
        .groupBy("file_index")
        .agg(F.count(F.lit(1)))
    )
    return {index: rows - 1 for index, rows in counted.collect()}


def _with_file_index(rows: DataFrame, files: list[Any], indexes: list[int]) -> DataFrame:
    """`file_index` for `file_path`. Hadoop writes file:///x where Spark writes file:/x: both spellings are known."""
    if len(indexes) == 1:
        return rows.withColumn("file_index", F.lit(indexes[0]).cast("long"))
    spellings = {
        (re.sub("^([^:/]+):/+", rf"\1:{slashes}", files[i].getPath().toUri().toString()), i)
        for i in indexes
        for slashes in ("/", "//", "///")
    }
    known = rows.sparkSession.createDataFrame(sorted(spellings), "file_path string, file_index long")
    return rows.join(F.broadcast(known), "file_path", "left")
