"""Raw files as frames of strings, one column for each field of their source; it refuses files that are of no source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from tables.files import without_glob
from tables.json_lines import fields_of, is_filled, rows_of
from tables.raw_files import RawFile
from tables.raw_layouts import Layout, UnreadableHeader, column_of
from tables.source import Source

MALFORMED = "malformed_line"
Layouts = Mapping[str, Layout | UnreadableHeader | None]


def raw_schema(source: Source) -> StructType:
    return StructType(
        [StructField(name, StringType()) for name in (*source.fields, MALFORMED)]
        + [StructField("file_index", LongType())]
    )


def read_raw_events(
    spark: SparkSession, files: list[RawFile], found: Layouts
) -> list[tuple[Source, DataFrame]]:
    """
    For each source the fields as strings, `malformed_line` (a line that has not as many fields as the header, or is no JSON) and `file_index`, the place in `files`.
    Files with the same header are read together; Spark checks no header of its own (it would compare names by position only).
    Raises UnreadableHeader naming the file.
    """
    alike: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    by_name: dict[str, Source] = {}
    for index, file in enumerate(files):
        layout = found[file.name]
        if isinstance(layout, UnreadableHeader):
            raise layout
        if layout is not None:
            alike[(layout.source.name, layout.names)].append(index)
            by_name[layout.source.name] = layout.source
    frames: dict[str, DataFrame] = {}
    for (name, names), indexes in alike.items():
        source = by_name[name]
        rows = (_read_csv if source.kind == "csv" else _read_lines)(
            spark, files, Layout(source, names), indexes
        )
        frames[name] = frames[name].unionByName(rows) if name in frames else rows
    return [(by_name[name], rows) for name, rows in frames.items()]


def _read_csv(spark: SparkSession, files: list[RawFile], layout: Layout, indexes: list[int]) -> DataFrame:
    source, names = layout
    # Under the file's own names Spark has nothing to warn about; names that differ by case alone (or are
    # ours) would be ambiguous.
    is_unambiguous = len({name.casefold() for name in (*names, MALFORMED)}) == len(names) + 1
    positions = list(names) if is_unambiguous else [f"c{position}" for position in range(len(names))]
    schema = StructType([StructField(name, StringType()) for name in (*positions, MALFORMED)])
    rows = spark.read.csv(
        [without_glob(files[index].name) for index in indexes],
        schema=schema,
        header=True,
        enforceSchema=True,
        sep=source.delimiter,
        encoding=source.encoding,
        escape='"',
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=MALFORMED,
    )
    columns = [
        F.col(f"`{positions[names.index(column_of(source, field))]}`").alias(field) for field in source.fields
    ]
    return _with_file_index(rows.select(*columns, MALFORMED, "_metadata.file_path"), files, indexes).select(
        *source.fields, MALFORMED, "file_index"
    )


def _read_lines(spark: SparkSession, files: list[RawFile], layout: Layout, indexes: list[int]) -> DataFrame:
    lines = spark.read.text([without_glob(files[index].name) for index in indexes]).where(is_filled())
    rows = fields_of(lines.select("value", "_metadata.file_path"), layout.source, MALFORMED)
    return _with_file_index(rows, files, indexes).select(*layout.source.fields, MALFORMED, "file_index")


def count_raw_rows(spark: SparkSession, files: list[RawFile], found: Layouts) -> dict[int, int]:
    """
    Lines that are not blank, less the header, by place in `files`: counted without the readers above, so that it can prove the other counts wrong.
    A line whose source makes a row of each of its items counts as many.
    """
    counts: dict[int, int] = {}
    alike: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, Source] = {}
    for index, file in enumerate(files):
        layout = found[file.name]
        if isinstance(layout, Layout):
            alike[layout.source.name].append(index)
            by_name[layout.source.name] = layout.source
    for name, indexes in alike.items():
        source = by_name[name]
        lines = spark.read.text([without_glob(files[index].name) for index in indexes]).where(is_filled())
        counted = (
            _with_file_index(
                lines.select("_metadata.file_path", rows_of(source).alias("rows")), files, indexes
            )
            .groupBy("file_index")
            .agg(F.sum("rows"))
        )
        header = 1 if source.kind == "csv" else 0
        counts |= {index: int(rows) - header for index, rows in counted.collect()}
    return counts


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
