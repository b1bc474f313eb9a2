"""Raw files as frames of lines that know their place in the file; it refuses files that are of no source, and to know what a line holds."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Container, Mapping
from functools import reduce
from typing import NamedTuple

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tables.files import without_glob
from tables.json_lines import is_filled, is_rest_kept, roots_of, rows_of
from tables.raw_files import RawFile
from tables.raw_layouts import Layout, UnreadableHeader
from tables.source import Source

Layouts = Mapping[str, Layout | UnreadableHeader | None]
# A time of Parquet as text, to the microsecond.
TIMES = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
# Of which file a line is, where the part of the file that Spark gave to one task begins, and a number that
# counts up within it.
PLACE = ("file_index", "block", "place")


class RawLines(NamedTuple):
    """Files that are read alike: `value`, a line as text, and its PLACE. The frame is used several times, and each must give a line the same place, so all are of this one."""

    source: Source
    names: tuple[str, ...]
    frame: DataFrame

    def text(self) -> Column:
        """The line in the encoding of its source."""
        if self.source.encoding == "UTF-8":
            return F.col("value")
        return F.decode(F.col("value").cast("binary"), self.source.encoding)


class Counted(NamedTuple):
    """Rows by place in the list of files, and for each file, by block, what makes the number of a line of a `place`."""

    rows: dict[int, int]
    shifts: list[list[dict[str, int]]]

    def line(self, file_index: Column, block: Column, place: Column) -> Column:
        """The number of a line in its file, from 1, as an editor counts."""
        known = F.from_json(
            F.lit(json.dumps(self.shifts, separators=(",", ":"))),
            "array<array<struct<block:bigint,shift:bigint>>>",
        )
        blocks = F.element_at(known, (file_index + 1).cast("int"))
        return place + F.get(F.filter(blocks, lambda one: one["block"] == block), F.lit(0))["shift"]


def read_raw_lines(
    spark: SparkSession, files: list[RawFile], found: Layouts, known: Container[str] = ()
) -> list[RawLines]:
    """Files with the same header are read together, those that are `known` not. `file_index` is the place in `files`. Raises UnreadableHeader naming the file."""
    alike: dict[tuple[str, tuple[str, ...], str, str], list[int]] = defaultdict(list)
    by_name: dict[str, Source] = {}
    for index, file in enumerate(files):
        if file.name in known:
            continue
        layout = found[file.name]
        if isinstance(layout, UnreadableHeader):
            raise layout
        if layout is not None:
            alike[(layout.source.name, layout.names, layout.header, layout.kind)].append(index)
            by_name[layout.source.name] = layout.source
    return [
        RawLines(
            by_name[name],
            names,
            _read_packed(spark, files, by_name[name], names, header, kind, indexes)
            if kind in ("parquet", "avro")
            else _read_text(spark, files, by_name[name], header, indexes),
        )
        for (name, names, header, kind), indexes in alike.items()
    ]


def kept_on_disk(lines: list[RawLines]) -> list[RawLines]:
    """The same lines, whose files are read once, however often these are used until they are `let_go`."""
    return [group._replace(frame=group.frame.persist(StorageLevel.DISK_ONLY)) for group in lines]


def let_go(lines: list[RawLines]) -> None:
    for group in lines:
        group.frame.unpersist()


def numbered_anew(lines: list[RawLines], before: list[RawFile], now: list[RawFile]) -> list[RawLines]:
    """Lines of the files `before` with the places that these have in `now`; of those that are not there none."""
    if before == now[: len(before)]:
        return lines
    places = {file.name: place for place, file in enumerate(now)}
    moved = F.from_json(F.lit(json.dumps([places.get(file.name) for file in before])), "array<bigint>")
    place = F.element_at(moved, (F.col("file_index") + 1).cast("int"))
    return [
        group._replace(frame=group.frame.withColumn("file_index", place).where("file_index IS NOT NULL"))
        for group in lines
    ]


def object_of_row(source: Source, names: tuple[str, ...], schema: str) -> Column:
    """The JSON object that a row would be as a line. Nanoseconds, which pandas writes to Parquet, come as numbers."""
    nanos = set(re.findall(r"(?m)^  \w+ int64 (.+) \(TIMESTAMP\(NANOS,\w+\)\);", schema))
    columns = [
        F.expr(f"timestamp_micros(`{name}` div 1000)").alias(name) if name in nanos else F.col(f"`{name}`")
        for name in names
        if is_rest_kept(source) or name in roots_of(source)
    ]
    return F.to_json(F.struct(*columns), TIMES)


def _read_packed(
    spark: SparkSession,
    files: list[RawFile],
    source: Source,
    names: tuple[str, ...],
    schema: str,
    kind: str,
    indexes: list[int],
) -> DataFrame:
    """Each row as a line; its place is the number of the row."""
    block, place = F.col("_metadata.file_block_start"), F.monotonically_increasing_id()
    if kind == "parquet":
        block, place = F.lit(0).cast("long"), F.col("_metadata.row_index")
    rows = (
        spark.read.format(kind)
        .load([without_glob(files[index].name) for index in indexes])
        .select(
            object_of_row(source, names, schema).alias("value"),
            "_metadata.file_path",
            block.alias("block"),
            place.alias("place"),
        )
    )
    return _with_file_index(rows, files, indexes).select("value", *PLACE, F.lit(True).alias("holds_row"))


def _read_text(
    spark: SparkSession, files: list[RawFile], source: Source, header: str, indexes: list[int]
) -> DataFrame:
    lines = spark.read.text([without_glob(files[index].name) for index in indexes]).select(
        "value",
        "_metadata.file_path",
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("place"),
    )
    lines = _with_file_index(lines, files, indexes)
    # Blank lines and headers (files that were put together have several) hold no row, but they count as lines.
    holds_row = is_filled()
    if source.kind == "csv":
        holds_row &= RawLines(source, (), lines).text() != F.lit(header)
    return lines.select("value", *PLACE, holds_row.alias("holds_row"))


def count_raw_rows(lines: list[RawLines], number_of_files: int) -> Counted:
    """
    Counted without the readers of rows, so that it can prove the other counts wrong. A line whose source makes a row of each of its items counts as many.
    """
    counted = Counted({}, [[] for _ in range(number_of_files)])
    if not lines:
        return counted
    every = [
        group.frame.select(
            *PLACE, F.when(F.col("holds_row"), rows_of(group.source)).otherwise(0).alias("rows")
        )
        for group in lines
    ]
    blocks = (
        reduce(DataFrame.unionByName, every)
        .groupBy("file_index", "block")
        .agg(F.sum("rows").alias("rows"), F.count(F.lit(1)).alias("lines"), F.min("place").alias("first"))
        .collect()
    )
    before: dict[int, int] = defaultdict(int)
    for block in sorted(blocks, key=lambda one: one.block):
        file = block.file_index
        counted.rows[file] = counted.rows.get(file, 0) + int(block.rows)
        counted.shifts[file].append({"block": block.block, "shift": before[file] + 1 - block.first})
        before[file] += block.lines
    return counted


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
