"""Which source a raw file is of, by its header or its first object; it refuses files that are none's."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Container
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.captured import CapturedException
from pyspark.sql import SparkSession

from tables.avro_header import avro_schema, has_avro
from tables.files import file_system, hadoop_path
from tables.parquet_footer import parquet_schema
from tables.raw_files import RawFile, kind_of
from tables.source import Source

HEADER_LIMIT_CHARS = 1 << 20
BLANKS = "".join(map(chr, range(33)))
# What Java says of a file that is not packed as its name says.
NOT_PACKED = (
    "is not a Parquet file",
    "Not an Avro data file",
    "not a gzip file",
    "incorrect header check",
    "unknown compression method",
)
# Of a schema that Avro or Spark does not know.
AVROS = ("org.apache.avro.", "org.apache.spark.")
NO_AVRO = "this Spark has no package for Avro, which Google's serverless runtime brings; add it (the batch's property spark.jars), or export the events as Parquet or as one JSON object a line"
PACKED = {"parquet": "Parquet", "avro": "Avro"}


class Layout(NamedTuple):
    """Of a file that holds something: its source; the names of its columns where it has some; and its header line or its schema, by which files are read together."""

    source: Source
    names: tuple[str, ...]
    header: str = ""
    kind: str = "csv"


class UnreadableHeader(ValueError):
    """The header of a file is no source's, or the file is not what its name says, or of a kind that is not read (`code`)."""

    code = "header_unreadable"


class CutOff(UnreadableHeader):
    code = "file_unreadable"


class UnreadAvro(UnreadableHeader):
    code = "avro_not_read"


def read_layouts(
    spark: SparkSession, files: list[RawFile], sources: list[Source]
) -> list[Layout | UnreadableHeader | None]:
    """The layout of each file, None without a byte, or what is wrong with it; many at a time, for each is one request to the store."""

    def layout(file: RawFile) -> Layout | UnreadableHeader | None:
        try:
            if kind_of(file.name) in PACKED:
                return _packed_layout(spark, file, sources)
            line = _first_line(spark, file, sources)
            return None if line is None else layout_of(file.name, line, sources)
        except UnreadableHeader as wrong:
            return wrong
        except EOFError as error:
            return CutOff(f"reading {file.name}: {error}")
        except CapturedException as error:
            # Of types that Spark has not: BigQuery's BIGNUMERIC is one.
            return UnreadableHeader(f"reading {file.name}: {error.desc}")
        except Py4JJavaError as error:
            # Not packed, or cut off: the file's fault. What the store says (no right, not there) is not.
            why = str(error.java_exception.getMessage())
            what = error.java_exception.getClass().getName()
            is_files = what == "java.io.EOFException" or what.startswith(AVROS)
            if not is_files and not any(words in why for words in NOT_PACKED):
                raise
            packed = PACKED.get(str(kind_of(file.name)), "gzip")
            return UnreadableHeader(f"reading {file.name}: {why}; its name says that it is {packed}")

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(layout, files))


def json_events(
    spark: SparkSession, sources: list[Source], is_named: bool, known: Container[str]
) -> Callable[[list[RawFile]], set[str]]:
    """Which `.json` files hold events: all when a source is named, the `known` ones, and else those whose first object is a source's."""

    def events_of(files: list[RawFile]) -> set[str]:
        unknown = [] if is_named else [file for file in files if file.name not in known]
        layouts = zip(unknown, read_layouts(spark, unknown, sources))
        others = {file.name for file, layout in layouts if not isinstance(layout, Layout)}
        return {file.name for file in files} - others

    return events_of


def layout_of(name: str, line: str, sources: list[Source]) -> Layout:
    """The first of `sources` whose file can begin with `line`. Raises UnreadableHeader with what the likeliest one lacks."""
    kind = str(kind_of(name))
    found = {} if kind == "csv" else _object(name, line)
    first: UnreadableHeader | None = None
    for source in _candidates(name, kind, sources):
        try:
            if kind == "csv":
                return Layout(source, _names(name, line, source), line)
            _check_names(name, list(found), source, "the first object")
            return Layout(source, (), "", kind)
        except UnreadableHeader as wrong:
            first = first or wrong
    raise first or UnreadableHeader(f"reading {name}: no source")


def _names(name: str, line: str, source: Source) -> tuple[str, ...]:
    found = next(csv.reader([line], delimiter=source.delimiter), [])
    names = tuple(text.strip().lower() if source.is_case_ignored else text.strip() for text in found)
    columns = [column_of(source, name) for name, field in source.fields.items() if field.paths]
    for column in columns:
        if names.count(column) != 1:
            raise UnreadableHeader(
                f"reading {name}: the header must have {column} once, found {', '.join(names)[:200]!r}; columns: {','.join(columns)}"
            )
    return names


def column_of(source: Source, field: str) -> str:
    column = source.fields[field].paths[0]
    return column.lower() if source.is_case_ignored else column


def _object(name: str, line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableHeader(f"reading {name}: the first line is no JSON object: {line[:100]!r}")
    return found


def _check_names(name: str, found: list[str], source: Source, what: str) -> None:
    for field in ("event_ts", "event_type"):
        root = source.fields[field].paths[0].split(".")[1]
        if root not in found:
            raise UnreadableHeader(f"reading {name}: {what} has no {root}, found {', '.join(found)[:200]!r}")


def _candidates(name: str, kind: str, sources: list[Source]) -> list[Source]:
    candidates = [source for source in sources if kind in source.formats]
    if not candidates:
        formats = " or ".join(sources[0].formats)
        raise UnreadableHeader(f"reading {name}: source {sources[0].name} is {formats}, and this is {kind}")
    return candidates


def _packed_layout(spark: SparkSession, file: RawFile, sources: list[Source]) -> Layout | None:
    kind = str(kind_of(file.name))
    if kind == "avro" and not has_avro(spark):
        raise UnreadAvro(f"reading {file.name}: {NO_AVRO}")
    if file.size == 0:
        return None
    schema = avro_schema(spark, file.name) if kind == "avro" else parquet_schema(spark, file.name)
    names = tuple(field.name() if kind == "avro" else field.getName() for field in schema.getFields())
    first: UnreadableHeader | None = None
    for source in _candidates(file.name, kind, sources):
        try:
            _check_names(file.name, list(names), source, "the schema")
            return Layout(source, names, str(schema.toString()), kind)
        except UnreadableHeader as wrong:
            first = first or wrong
    raise first or UnreadableHeader(f"reading {file.name}: no source")


def _first_line(spark: SparkSession, file: RawFile, sources: list[Source]) -> str | None:
    jvm, path = spark._jvm, hadoop_path(spark, file.name)
    encoding = sources[0].encoding if len(sources) == 1 else "UTF-8"
    stream = file_system(spark, file.name).open(path)
    try:
        codec = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(
            spark._jsc.hadoopConfiguration()
        ).getCodec(path)
        if codec is not None and file.size > 0:
            stream = codec.createInputStream(stream)
        bounded = jvm.org.apache.commons.io.input.BoundedReader(
            jvm.java.io.InputStreamReader(stream, encoding), HEADER_LIMIT_CHARS
        )
        reader = jvm.java.io.BufferedReader(bounded)
        # Blank lines hold no row, here as elsewhere.
        line = reader.readLine()
        while line is not None and not str(line).removeprefix("\ufeff").strip(BLANKS):
            line = reader.readLine()
    finally:
        stream.close()
    return None if line is None else str(line).removeprefix("\ufeff")
