"""A source that its owner describes in a file beside the data; it refuses one that is not there or too large to be one."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tables.files import exists, file_system, hadoop_path, read_text
from tables.source import Source, SourceError, read_source

LIMIT_BYTES = 1 << 20


def read_source_file(spark: SparkSession, path: str) -> Source:
    if not exists(spark, path):
        raise SourceError(f"--source {path}: no such file")
    if file_system(spark, path).getFileStatus(hadoop_path(spark, path)).getLen() > LIMIT_BYTES:
        raise SourceError(f"--source {path}: a file that describes a source has at most {LIMIT_BYTES} bytes")
    return read_source(read_text(spark, path), path)
