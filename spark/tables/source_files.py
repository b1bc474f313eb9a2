"""A source that its owner describes in a file beside the data; it refuses one that is not there or too large to be one."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tables.files import exists, file_system, hadoop_path, read_text
from tables.source import SHIPPED, Source, SourceError, read_source, shipped_source

LIMIT_BYTES = 1 << 20
SOURCE_HELP = f"what the files are: {', '.join(SHIPPED)}, or a file that describes a source (with a / in its name); without it each file's header or first object tells"


def source_or_none(text: str) -> str | None:
    """What a template leaves empty is not given."""
    return text or None


def sources_of(spark: SparkSession, given: str | None) -> list[Source]:
    """Those a file may be of: the one that is named, else all that are shipped."""
    if given is None:
        return [shipped_source(name) for name in SHIPPED]
    is_file = "/" in given or given.endswith(".json")
    return [read_source_file(spark, given) if is_file else shipped_source(given)]


def read_source_file(spark: SparkSession, path: str) -> Source:
    if not exists(spark, path):
        raise SourceError(f"--source {path}: no such file")
    if file_system(spark, path).getFileStatus(hadoop_path(spark, path)).getLen() > LIMIT_BYTES:
        raise SourceError(f"--source {path}: a file that describes a source has at most {LIMIT_BYTES} bytes")
    return read_source(read_text(spark, path), path)
