"""The schema and the compression of one Parquet file from its footer, without a Spark job; it refuses to read a row."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from tables.files import hadoop_path


def parquet_schema(spark: SparkSession, path: str) -> Any:
    """Parquet's own MessageType. What is no Parquet file raises Py4JJavaError."""
    return _footer(spark, path).getFileMetaData().getSchema()


def parquet_codec(spark: SparkSession, path: str) -> str:
    groups = _footer(spark, path).getBlocks()
    return str(groups.get(0).getColumns().get(0).getCodec().name()) if groups.size() else "UNCOMPRESSED"


def _footer(spark: SparkSession, path: str) -> Any:
    parquet = spark._jvm.org.apache.parquet.hadoop
    conf = spark._jsc.hadoopConfiguration()
    reader = parquet.ParquetFileReader.open(
        parquet.util.HadoopInputFile.fromPath(hadoop_path(spark, path), conf)
    )
    try:
        return reader.getFooter()
    finally:
        reader.close()
