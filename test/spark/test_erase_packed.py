"""One visitor out of raw Parquet and Avro: the file keeps its schema, its compression and everybody else's rows in their order."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql.types import LongType, StructField, StructType

from conftest import Lake
from tables.avro_header import avro_codec, avro_schema
from tables.files import without_glob
from tables.parquet_footer import parquet_codec, parquet_schema
from tables.raw_layouts import Layout
from tables.rewritten_packed import _visitor_columns
from tables.source import Field, shipped_source
from test_avro import SHOP, avro_file, needs_avro, shop
from test_erase_visitor import rows, run_new

MAY_3 = 1_430_611_200
# What Spark would write otherwise: nanoseconds, a column that must be there, a list of the old form.
OWN = """
message shop {
  required int64 event_ts (TIMESTAMP(NANOS,true));
  required binary visitor_id (STRING);
  optional binary event_type (STRING);
  optional group seen (LIST) { repeated int32 array; }
}
"""


def parquet_file(spark: SparkSession, lake: Lake, name: str, visitors: list[str]) -> None:
    parquet = spark._jvm.org.apache.parquet
    schema = parquet.schema.MessageTypeParser.parseMessageType(OWN)
    writer = (
        parquet.hadoop.example.ExampleParquetWriter.builder(
            spark._jvm.org.apache.hadoop.fs.Path(str(lake.raw / name))
        )
        .withType(schema)
        .withCompressionCodec(parquet.hadoop.metadata.CompressionCodecName.GZIP)
        .build()
    )
    for number, visitor in enumerate(visitors):
        group = parquet.example.data.simple.SimpleGroup(schema)
        group.add("event_ts", (MAY_3 + number) * 1_000_000_000 + 1)
        group.add("visitor_id", visitor)
        group.add("event_type", "view")
        group.addGroup("seen").append("array", number)
        writer.write(group)
    writer.close()


def held(spark: SparkSession, lake: Lake, name: str) -> tuple[str, str, list[Row]]:
    path, kind = str(lake.raw / name), name.rsplit(".", 1)[1]
    schema, codec = (avro_schema, avro_codec) if kind == "avro" else (parquet_schema, parquet_codec)
    found = spark.read.format(kind).load(without_glob(path)).collect()
    return str(schema(spark, path).toString()), codec(spark, path), found


@needs_avro
def test_packed_files_lose_the_rows_of_one_visitor_and_nothing_else(spark: SparkSession, lake: Lake) -> None:
    parquet_file(spark, lake, "own, [1].parquet", ["7", "70", "007", "8", "7", "9"])
    at = datetime(2015, 5, 3, 12, tzinfo=timezone.utc)
    numbers = [(at, 7, "view"), (at, None, "view"), (at, 70, "cart"), (at, 7, "purchase"), (at, 1, "view")]
    folder = lake.raw.parent / "written"
    frame = spark.createDataFrame(numbers, "event_ts timestamp, visitor_id long, event_type string")
    frame.coalesce(1).write.option("compression", "zstd").parquet(str(folder))
    lake.put("numbers.parquet", next(folder.glob("*.parquet")).read_bytes())
    avro_file(spark, lake, "shop.avro", SHOP, [shop("7", 1), shop("70", 7), shop("7", None), shop("", 7)])
    lake.put_events("others.csv", [(MAY_3 * 1000, 8, "view", 7, None)])
    names = {"own, [1].parquet": 4, "numbers.parquet": 3, "shop.avro": 2}
    run_new(lake)
    kept = rows(spark, lake, without="7")
    before = {name: held(spark, lake, name) for name in names}
    lake.erase("erase", "7")
    for name, left in names.items():
        schema, codec, found = held(spark, lake, name)
        assert (schema, codec) == before[name][:2]
        assert found == [row for row in before[name][2] if str(row.visitor_id) != "7"]
        assert len(found) == left
    run_new(lake)
    assert rows(spark, lake) == kept
    lake.erase("prove", "7")


def test_a_visitor_that_no_column_of_parquet_names_is_not_erased_there() -> None:
    ga4 = shipped_source("ga4")
    named = ga4._replace(fields={**ga4.fields, "visitor_id": Field(("$.event_params[?user]",))})
    whole = StructType([StructField("user_pseudo_id", LongType())])
    assert _visitor_columns(Layout(ga4, ()), whole) == {"user_pseudo_id": LongType()}
    with pytest.raises(ValueError, match=r"by \$.event_params\[\?user\]: the visitor is no text or number"):
        _visitor_columns(Layout(named, ()), whole)
