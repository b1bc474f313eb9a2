"""The Spark session every batch runs in: UTC, microsecond Parquet timestamps, few files; it refuses to choose cores, memory or endpoints."""

from __future__ import annotations

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Each task of a write makes one file per day, and each file costs a dozen storage requests: fewer, fuller
    # tasks.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64MB",
}


def open_spark_session(job: str) -> SparkSession:
    builder = SparkSession.builder.appName(job)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
