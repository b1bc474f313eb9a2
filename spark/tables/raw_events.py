"""Raw CSV files as one frame of strings, whatever the order of their columns; it refuses files without the five columns."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from tables.files import file_system, hadoop_path, list_files, without_glob

COLUMNS = ("timestamp", "visitorid", "event", "itemid", "transactionid")
HEADER_LIMIT_CHARS = 1 << 20
MALFORMED = "malformed_line"
NOT_GZIP = ("not a gzip file", "incorrect header check", "unknown compression method")
RAW_SCHEMA = StructType(
    [StructField(c, StringType()) for c in (*COLUMNS, MALFORMED)] + [StructField("file_index", LongType())]
)


class RawFile(NamedTuple):
    """A file as the store lists it: whoever rewrites a file changes its size or its time."""

    name: str
    uri: str
    size: int
    changed_ms: int


class UnreadableHeader(ValueError):
    """The header of a file lacks a column or has it twice, or the file is not what its name says."""


def find_raw_files(spark: SparkSession, raw: str) -> tuple[list[RawFile], list[str]]:
    """The `.csv` and `.csv.gz` files below `raw` in name order, and the names of files left aside for their extension."""
    files = []
    for status in list_files(spark, raw):
        path = status.getPath()
        files.append(
            RawFile(path.toString(), path.toUri().toString(), status.getLen(), status.getModificationTime())
        )
    files.sort(key=lambda file: file.uri)
    taken = [file for file in files if file.name.lower().endswith((".csv", ".csv.gz"))]
    if not taken:
        raise ValueError(f"reading {raw}: no .csv or .csv.gz file there; check --raw")
    return taken, [file.name for file in files if not file.name.lower().endswith((".csv", ".csv.gz"))]


def read_headers(spark: SparkSession, files: list[RawFile]) -> list[tuple[str, ...] | UnreadableHeader]:
    """The header of each file, or what is wrong with it; many at a time, for each is one request to the store."""

    def header(file: RawFile) -> tuple[str, ...] | UnreadableHeader:
        try:
            return _read_header(spark, file)
        except UnreadableHeader as wrong:
            return wrong
        except Py4JJavaError as error:
            # Not gzip, or cut off: the file's fault. What the store says (no right, not there) is not.
            why = str(error.java_exception.getMessage())
            is_cut = error.java_exception.getClass().getName() == "java.io.EOFException"
            if not is_cut and not any(words in why for words in NOT_GZIP):
                raise
            return UnreadableHeader(f"reading {file.name}: {why}; its name says that it is gzip")

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(header, files))


def find_broken_files(spark: SparkSession, files: list[RawFile]) -> set[str]:
    """Names of the compressed files that cannot be read to their end; each is read whole, so this is for when reading all together has failed."""

    def is_broken(file: RawFile) -> bool:
        try:
            spark.read.text(without_glob(file.name)).count()
        except Py4JJavaError:
            return True
        return False

    packed = [file for file in files if file.name.lower().endswith(".gz")]
    with ThreadPoolExecutor(4) as pool:
        return {file.name for file, broken in zip(packed, pool.map(is_broken, packed)) if broken}


def _read_header(spark: SparkSession, file: RawFile) -> tuple[str, ...]:
    """Column names of one file; () for a file without a byte."""
    jvm, path = spark._jvm, hadoop_path(spark, file.name)
    stream = file_system(spark, file.name).open(path)
    try:
        codec = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(
            spark._jsc.hadoopConfiguration()
        ).getCodec(path)
        if codec is not None and file.size > 0:
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
            raise UnreadableHeader(
                f"reading {file.name}: the header must have {column} once, found {', '.join(names)[:200]!r}; columns: {','.join(COLUMNS)}"
            )
    return names


def read_raw_events(spark: SparkSession, files: list[RawFile]) -> DataFrame:
    """
    The five columns as strings, `malformed_line` (the line, when it has not as many fields as the header) and `file_index`, the place in `files`.
    Files with the same header are read together; Spark checks no header of its own (it would compare names by position only).
    Raises UnreadableHeader naming the file.
    """
    layouts: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, header in enumerate(read_headers(spark, files)):
        if isinstance(header, UnreadableHeader):
            raise header
        layouts[header].append(index)
    rows = spark.createDataFrame([], RAW_SCHEMA)
    for names, indexes in layouts.items():
        if names:
            rows = rows.unionByName(_read_layout(spark, files, names, indexes))
    return rows


def _read_layout(
    spark: SparkSession, files: list[RawFile], names: tuple[str, ...], indexes: list[int]
) -> DataFrame:
    # Under the file's own names Spark has nothing to warn about; names that differ by case alone (or are
    # ours) would be ambiguous.
    is_unambiguous = len({name.casefold() for name in (*names, MALFORMED)}) == len(names) + 1
    positions = list(names) if is_unambiguous else [f"c{position}" for position in range(len(names))]
    schema = StructType([StructField(name, StringType()) for name in (*positions, MALFORMED)])
    paths = [without_glob(files[index].name) for index in indexes]
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


def count_raw_rows(spark: SparkSession, files: list[RawFile]) -> dict[int, int]:
    """Lines that are not blank, less the header, by place in `files`: counted without the CSV reader, so that it can prove the other counts wrong."""
    filled = [index for index, file in enumerate(files) if file.size > 0]
    if not filled:
        return {}
    lines = spark.read.text([without_glob(files[index].name) for index in filled]).where(
        "NOT (value RLIKE '^[\\\\x00-\\\\x20]*$')"
    )
    counted = (
        _with_file_index(lines.select("_metadata.file_path"), files, filled)
        .groupBy("file_index")
        .agg(F.count(F.lit(1)))
    )
    return {index: rows - 1 for index, rows in counted.collect()}


def _with_file_index(rows: DataFrame, files: list[RawFile], indexes: list[int]) -> DataFrame:
    """`file_index` for `file_path`. Hadoop writes file:///x where Spark writes file:/x: both spellings are known."""
    if len(indexes) == 1:
        return rows.withColumn("file_index", F.lit(indexes[0]).cast("long"))
    spellings = {
        (re.sub("^([^:/]+):/+", rf"\1:{slashes}", files[i].uri), i)
        for i in indexes
        for slashes in ("/", "//", "///")
    }
    known = rows.sparkSession.createDataFrame(sorted(spellings), "file_path string, file_index long")
    return rows.join(F.broadcast(known), "file_path", "left")
