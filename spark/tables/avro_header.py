"""The schema of one Avro file from its header, without a Spark job; it refuses to read a row."""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass
from pyspark.sql import SparkSession

from tables.files import file_system, hadoop_path


def has_avro(spark: SparkSession) -> bool:
    """Spark's package for Avro is no part of Spark; the runtime brings it."""
    return isinstance(_converters(spark), JavaClass)


def avro_schema(spark: SparkSession, path: str) -> Any:
    """
    Avro's own Schema, of types that Spark knows. What is no Avro file raises Py4JJavaError, what was cut off EOFError, for Avro takes a part of a block for the end; of other
    types Spark says which.
    """
    schema, _, is_whole = _header(spark, path)
    if not is_whole:
        raise EOFError("the file was cut off")
    _converters(spark).toSqlType(schema)
    return schema


def avro_codec(spark: SparkSession, path: str) -> str:
    """The compression of a file, as Spark calls it."""
    _, codec, _ = _header(spark, path)
    return "uncompressed" if codec in (None, "null") else str(codec)


def _header(spark: SparkSession, path: str) -> tuple[Any, str | None, bool]:
    """Schema, compression, and whether the file ends with the 16 bytes that its header and each of its blocks end with."""
    avro, place = spark._jvm.org.apache.avro, hadoop_path(spark, path)
    found = avro.mapred.FsInput(place, spark._jsc.hadoopConfiguration())
    try:
        reader = avro.file.DataFileReader(found, avro.generic.GenericDatumReader())
        ends = {_bytes_before(spark, path, at) for at in (reader.previousSync(), found.length())}
        return reader.getSchema(), reader.getMetaString("avro.codec"), len(ends) == 1
    finally:
        found.close()


def _bytes_before(spark: SparkSession, path: str, at: int) -> bytes:
    stream = file_system(spark, path).open(hadoop_path(spark, path))
    try:
        stream.seek(at - 16)
        return bytes(spark._jvm.org.apache.commons.io.IOUtils.toByteArray(stream, 16))
    finally:
        stream.close()


def _converters(spark: SparkSession) -> Any:
    return spark._jvm.org.apache.spark.sql.avro.SchemaConverters
