"""The Spark session every batch runs in: UTC, microsecond Parquet timestamps, few files; it refuses to choose cores, memory or endpoints."""

from __future__ import annotations

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # pandas and pyarrow write nanoseconds; without this Spark refuses the file.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    # Raw lines are kept on disk while they are needed; packed files would grow there.
    "spark.rdd.compress": "true",
    # Each task of a write makes one file per day, and each file costs a dozen storage requests: fewer, fuller
    # tasks.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64MB",
}


# A name of Java that is written in Python is looked up in every jar each time, and so is each package on the
# way to it: a fifth of what a small day costs. These are looked up once.
JAVA_NAMES = (
    "functions",
    "PythonUtils",
    "PythonSQLUtils",
    "SparkSession",
    "java.util.ArrayList",
    "org.apache.commons.io.IOUtils",
    "org.apache.hadoop.fs.Path",
    "org.apache.parquet.hadoop.ParquetFileReader",
    "org.apache.parquet.hadoop.util.HadoopInputFile",
    "org.apache.spark.sql.Observation",
    "org.apache.spark.sql.expressions.Window",
)


def open_spark_session(job: str) -> SparkSession:
    builder = SparkSession.builder.appName(job)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    remember_java(spark)
    return spark


def remember_java(spark: SparkSession) -> None:
    for name in JAVA_NAMES:
        place = spark._jvm
        for part in name.split("."):
            if part not in vars(place):
                setattr(place, part, getattr(place, part))
            place = vars(place)[part]
