"""A raw Parquet or Avro file without the rows of one visitor, beside it, with the schema and compression it has; every other row stays in its place, and it refuses what it cannot write as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, LongType, StringType, StructType

from tables.avro_header import avro_codec
from tables.erasure import copy, file_of
from tables.files import file_system, hadoop_path, list_files, without_glob
from tables.parquet_footer import parquet_codec, parquet_schema
from tables.raw_files import RawFile
from tables.raw_layouts import Layout
from tables.raw_lines import object_of_row

ROW = "row_as_it_is"
# One task reads a file from its beginning to its end, and so rows keep their order.
WHOLE = str(2**63 - 1)


def rewrite_packed_without(
    spark: SparkSession,
    file: RawFile,
    layout: Layout,
    target: str,
    goes: Callable[[DataFrame], DataFrame],
) -> RawFile:
    """Writes `target`: the rows of `file` for which `goes` does not say `is_visitors`."""
    parts = f"{target}.parts"
    file_system(spark, parts).delete(hadoop_path(spark, parts), True)
    if layout.kind == "avro":
        _write_avro(spark, file, layout, parts, goes)
    else:
        _write_parquet(spark, file, layout, parts, goes)
    (part,) = [status.getPath().toString() for status in list_files(spark, parts)]
    copy(spark, [part], target)
    file_system(spark, parts).delete(hadoop_path(spark, parts), True)
    return file_of(spark, target)


def _write_avro(
    spark: SparkSession, file: RawFile, layout: Layout, parts: str, goes: Callable[[DataFrame], DataFrame]
) -> None:
    rows = spark.read.format("avro").load(without_glob(file.name))
    placed = rows.select(
        object_of_row(layout.source, layout.names, layout.header).alias("value"),
        F.struct(*[f"`{name}`" for name in rows.columns]).alias(ROW),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("place"),
    )
    (
        goes(placed)
        .where(~F.col("is_visitors"))
        .repartition(1)
        .sortWithinPartitions("block", "place")
        .select(f"{ROW}.*")
        .write.format("avro")
        .option("avroSchema", layout.header)
        .option("compression", avro_codec(spark, file.name))
        .save(parts)
    )


def _write_parquet(
    spark: SparkSession, file: RawFile, layout: Layout, parts: str, goes: Callable[[DataFrame], DataFrame]
) -> None:
    """
    By Parquet's own reader and writer, for Spark would write other types (nanoseconds, lists as they were, what must be there). They cannot ask a source, so they are told
    which values of the columns that name a visitor go.
    """
    rows = spark.read.parquet(without_glob(file.name))
    columns = _visitor_columns(layout, rows.schema)
    values = F.struct(*[F.col(name).alias(f"v{n}") for n, name in enumerate(columns)]).alias("values")
    value = object_of_row(layout.source, layout.names, layout.header).alias("value")
    found = goes(rows.select(value, values)).where("is_visitors").select("values.*").distinct().collect()

    hadoop, parquet = spark._jvm.org.apache.hadoop, spark._jvm.org.apache.parquet
    job = hadoop.mapreduce.Job.getInstance(spark._jsc.hadoopConfiguration())
    hadoop.mapreduce.lib.input.FileInputFormat.addInputPath(job, hadoop_path(spark, without_glob(file.name)))
    conf = job.getConfiguration()
    settings = {
        "mapreduce.input.fileinputformat.split.minsize": WHOLE,
        "parquet.example.schema": _written(spark, file),
        "parquet.compression": parquet_codec(spark, file.name),
        # Rows are looked at one by one: what leaves out whole groups has nothing to gain here.
        **{
            f"parquet.filter.{name}.enabled": "false"
            for name in ("stats", "dictionary", "columnindex", "bloom")
        },
    }
    for key, text in settings.items():
        conf.set(key, text)
    parquet.hadoop.ParquetInputFormat.setFilterPredicate(conf, _is_not(spark, columns, found))
    classes = [spark._jvm.java.lang.Class.forName(f"org.apache.parquet.{name}") for name in CLASSES]
    nothing = spark._jvm.java.lang.Class.forName("java.lang.Void")
    records = spark._jsc.newAPIHadoopRDD(conf, classes[0], nothing, classes[1])
    records.saveAsNewAPIHadoopFile(parts, nothing, classes[1], classes[2], conf)


CLASSES = ("hadoop.example.ExampleInputFormat", "example.data.Group", "hadoop.example.ExampleOutputFormat")


def _visitor_columns(layout: Layout, schema: StructType) -> dict[str, Any]:
    """The columns from which the source takes the visitor, and their types. Raises ValueError for those that no value tells."""
    columns: dict[str, Any] = {}
    for path in layout.source.fields["visitor_id"].paths:
        names, kind = path.removeprefix("$.").split("."), schema
        if names[0] not in schema.names and "[" not in path:
            continue
        for name in names:
            kind = kind[name].dataType if isinstance(kind, StructType) and name in kind.names else None
        is_told = isinstance(kind, StringType | LongType | IntegerType | DoubleType)
        if not is_told:
            raise ValueError(
                f"erasing from Parquet by {path}: the visitor is no text or number there, and nothing was replaced; write the file anew at its name without the rows of the visitor, and run this again"
            )
        columns[".".join(names)] = kind
    return columns


def _written(spark: SparkSession, file: RawFile) -> str:
    """The schema as text, which must be read again as what it was: names may hold blanks."""
    schema = parquet_schema(spark, file.name)
    text = str(schema.toString())
    again = spark._jvm.org.apache.parquet.schema.MessageTypeParser.parseMessageType(text)
    if not again.equals(schema):
        raise ValueError(
            f"erasing from {file.name}: its schema cannot be written as it is, and nothing was replaced; write the file anew at its name without the rows of the visitor, and run this again"
        )
    return text


def _is_not(spark: SparkSession, columns: dict[str, Any], found: list[Row]) -> Any:
    """Of rows whose `columns` have none of the `found` values."""
    api, theirs = spark._jvm.org.apache.parquet.filter2.predicate.FilterApi, None
    for row in found:
        one = None
        for (name, kind), value in zip(columns.items(), row):
            column, boxed = _typed(spark, api, name, kind, value)
            is_it = getattr(api, "in")(column, boxed)
            one = is_it if one is None else getattr(api, "and")(one, is_it)
        theirs = one if theirs is None else getattr(api, "or")(theirs, one)
    return getattr(api, "not")(theirs)


def _typed(spark: SparkSession, api: Any, name: str, kind: Any, value: Any) -> tuple[Any, Any]:
    """A column of Parquet, and a set with a value of Java's type for it."""
    java, boxed = spark._jvm.java.util, spark._jvm.java.util.HashSet()
    if isinstance(kind, StringType):
        column = api.binaryColumn(name)
        value = None if value is None else spark._jvm.org.apache.parquet.io.api.Binary.fromString(value)
    elif isinstance(kind, LongType):
        column = api.longColumn(name)
        if value is not None:
            # A small number would come as an Integer, which is none of a column of Longs.
            boxed.addAll(
                java.stream.LongStream.range(value, value + 1)
                .boxed()
                .collect(java.stream.Collectors.toList())
            )
            return column, boxed
    else:
        column = api.intColumn(name) if isinstance(kind, IntegerType) else api.doubleColumn(name)
    boxed.add(value)
    return column, boxed
