"""Walks through what a small batch touches, so that the Java classes it loads can be archived; its results are thrown away."""

import contextlib
import sys
import zipfile

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

CONNECTOR_PACKAGES = (
    "com/google/cloud/hadoop/fs/gcs/",
    "com/google/cloud/hadoop/gcsio/",
    "com/google/cloud/hadoop/util/",
    "com/google/cloud/hadoop/repackaged/gcs/com/google/api/client/",
    "com/google/cloud/hadoop/repackaged/gcs/com/google/api/services/storage/",
    "com/google/cloud/hadoop/repackaged/gcs/com/google/auth/",
)


def work(spark: SparkSession, folder: str) -> None:
    """CSV in, a window over each key, partitioned Parquet out and in again."""
    rows = spark.range(2000).select(
        (f.col("id") % 50).alias("key"),
        f.timestamp_seconds(f.col("id") * 977).alias("at"),
        f.col("id").cast("string").alias("word"),
    )
    rows.write.mode("overwrite").option("header", True).csv(f"{folder}/csv")
    read = (
        spark.read.option("header", True).schema("key BIGINT, at TIMESTAMP, word STRING").csv(f"{folder}/csv")
    )
    window = Window.partitionBy("key").orderBy("at")
    counted = read.withColumn(
        "gap", f.col("at").cast("double") - f.lag("at").over(window).cast("double")
    ).withColumn("day", f.to_date("at"))
    counted = counted.withColumn(
        "number", f.sum(f.when(f.col("gap") > 1800, 1).otherwise(0)).over(window)
    ).dropDuplicates(["key", "at"])
    counted.repartition(2, "day").write.mode("overwrite").partitionBy("day").parquet(f"{folder}/parquet")
    again = spark.read.parquet(f"{folder}/parquet").where(f.col("day") > "1970-01-02")
    again.groupBy("key").agg(f.count("*"), f.countDistinct("word")).orderBy("key").collect()


def load_connector(spark: SparkSession, jar: str) -> None:
    """Loads the connector's classes without running any of them: there is no Cloud Storage here."""
    java = spark.sparkContext._jvm.java.lang
    loader = java.Thread.currentThread().getContextClassLoader()
    with zipfile.ZipFile(jar) as archive:
        names = [
            name
            for name in archive.namelist()
            if name.startswith(CONNECTOR_PACKAGES) and name.endswith(".class")
        ]
    for name in names:
        # Optional parts of the connector lack their own dependencies.
        with contextlib.suppress(Py4JError):
            java.Class.forName(name.removesuffix(".class").replace("/", "."), False, loader)


if __name__ == "__main__":
    session = SparkSession.builder.getOrCreate()
    work(session, sys.argv[1])
    load_connector(session, sys.argv[2])
    session.stop()
