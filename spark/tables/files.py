"""The file system below a path (gs://, file://, hdfs://) through Hadoop's own client; it refuses to interpret what a file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import SparkSession


def hadoop_path(spark: SparkSession, path: str) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path(path)


def without_glob(path: str) -> str:
    """The path for Spark's readers, which take `*`, `?`, `[` and `{` in a path for a pattern."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", path)


def file_system(spark: SparkSession, path: str) -> Any:
    return hadoop_path(spark, path).getFileSystem(spark._jsc.hadoopConfiguration())


def exists(spark: SparkSession, path: str) -> bool:
    return file_system(spark, path).exists(hadoop_path(spark, path))


def list_files(spark: SparkSession, path: str) -> Iterator[Any]:
    """Statuses of all files below `path` (or of the file `path`), hidden names (`_x`, `.x`) left out as Spark leaves them out."""
    start = hadoop_path(spark, path)
    system = file_system(spark, path)
    if not system.exists(start):
        return
    root = system.getFileStatus(start).getPath().toUri().getPath().rstrip("/")
    found = system.listFiles(start, True)
    while found.hasNext():
        status = found.next()
        below = status.getPath().toUri().getPath()[len(root) :]
        if not any(part.startswith(("_", ".")) for part in below.split("/")):
            yield status


def list_days(spark: SparkSession, table_path: str) -> set[date]:
    """Days that have an `event_date=YYYY-MM-DD` folder under a table."""
    if not exists(spark, table_path):
        return set()
    folders = [
        status
        for status in file_system(spark, table_path).listStatus(hadoop_path(spark, table_path))
        if status.isDirectory()
    ]
    days = [re.fullmatch(r"event_date=(\d{4}-\d{2}-\d{2})", folder.getPath().getName()) for folder in folders]
    return {date.fromisoformat(day[1]) for day in days if day}


def remove_days(spark: SparkSession, table_path: str, days: set[date]) -> None:
    for day in sorted(days):
        path = f"{table_path}/event_date={day.isoformat()}"
        file_system(spark, path).delete(hadoop_path(spark, path), True)


def write_text(spark: SparkSession, path: str, text: str, overwrite: bool = True) -> None:
    stream = file_system(spark, path).create(hadoop_path(spark, path), overwrite)
    try:
        stream.write(bytearray(text, "utf-8"))
    finally:
        stream.close()


def read_text(spark: SparkSession, path: str) -> str:
    stream = file_system(spark, path).open(hadoop_path(spark, path))
    try:
        return spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()
