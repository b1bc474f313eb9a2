"""Raw files are read once, however often their lines are needed, and what is kept meanwhile lies on disk and is let go."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

from pyspark.sql import SparkSession

from conftest import Lake

NOON = 1_430_654_400_000


def bytes_read(spark: SparkSession) -> int:
    """What Hadoop's client read of local files since the session began."""
    every = spark._jvm.org.apache.hadoop.fs.FileSystem.getAllStatistics()
    return sum(one.getBytesRead() for one in every if one.getScheme() == "file")


def kept(spark: SparkSession) -> set[int]:
    """Frames that are kept, and on disk only."""
    frames = spark.sparkContext._jsc.getPersistentRDDs().values()
    return {rdd.id() for rdd in frames if not rdd.getStorageLevel().useMemory()}


def test_a_run_reads_each_raw_file_once(spark: SparkSession, lake: Lake, metrics: Callable[[], dict]) -> None:
    day = [(NOON + n, n, "view", n, None) for n in range(12_000)]
    lake.put_events("a.csv", day)
    objects = [
        {"event_ts": "2015-05-04T12:00:00Z", "visitor_id": f"{n}", "event_type": "view"} for n in range(6_000)
    ]
    lake.put("b.ndjson", "".join(f"{json.dumps(each)}\n" for each in objects))
    lake.put("bad.csv", "timestamp,visitorid,event,itemid,transactionid\n" + "x,1,view,1,\n" * 9_000)
    before, there = bytes_read(spark), kept(spark)
    size = sum(file.stat().st_size for file in lake.raw.iterdir())
    lake.clean("--days", "new", "--max-rejected-share", "source")
    assert metrics()["raw"] == 18_000
    assert size <= bytes_read(spark) - before < 1.3 * size
    assert kept(spark) == there
    # A file of before is read with the new one of its day, each once.
    lake.put("c.csv.gz", "timestamp,visitorid,event,itemid,transactionid\n" + f"{NOON},8,view,1,\n" * 9_000)
    packed = (lake.raw / "c.csv.gz").read_bytes()
    assert gzip.decompress(packed).count(b"\n") == 9_001
    size = len(packed) + (lake.raw / "a.csv").stat().st_size
    before = bytes_read(spark)
    lake.clean("--days", "new", "--max-rejected-share", "source")
    assert (metrics()["raw"], metrics()["read_again"], metrics()["duplicates"]) == (9_000, 1, 8_999)
    assert size <= bytes_read(spark) - before < 1.3 * size
    assert kept(spark) == there
