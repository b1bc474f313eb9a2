"""Raw files of any sources as one frame of parsed rows; it refuses what their readers refuse."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from tables.raw_events import raw_schema, read_raw_events
from tables.raw_lines import RawLines
from tables.source import SHIPPED, shipped_source
from transforms.parsed_events import parse_events


def parse_lines(spark: SparkSession, lines: list[RawLines], now_ms: int) -> DataFrame:
    parsed = [parse_events(rows, now_ms, source) for source, rows in read_raw_events(lines)]
    if not parsed:
        source = shipped_source(SHIPPED[0])
        parsed = [parse_events(spark.createDataFrame([], raw_schema(source)), now_ms, source)]
    return reduce(DataFrame.unionByName, parsed)
