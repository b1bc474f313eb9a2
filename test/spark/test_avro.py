"""Raw Avro, as BigQuery exports it, written here by Avro's own writer: the rows that the same events have in any other form."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from conftest import AVRO_JAR, Lake
from tables.clean_events import read_clean_events
from tables.rejected_events import read_rejected_events

MAY_3_NOON_US = 1_430_654_400_000_000
needs_avro = pytest.mark.skipif(not AVRO_JAR, reason="SPARK_AVRO_JAR names no jar")


def optional(name: str, kind: object) -> dict:
    return {"name": name, "type": ["null", kind]}


def record(name: str, *fields: dict) -> dict:
    return {"type": "record", "name": name, "fields": list(fields)}


SHOP = record(
    "Root",
    optional("event_ts", {"type": "long", "logicalType": "timestamp-micros"}),
    {"name": "visitor_id", "type": "string"},
    optional("event_type", "string"),
    optional("item_id", "long"),
    optional("value", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}),
)
GA4 = record(
    "Root",
    optional("event_timestamp", "long"),
    optional("event_name", "string"),
    optional("user_pseudo_id", "string"),
    {
        "name": "items",
        "type": {
            "type": "array",
            "items": record(
                "Items", optional("item_id", "string"), optional("quantity", "long"), optional("price", "double")
            ),
        },
    },
    optional("ecommerce", record("Ecommerce", optional("transaction_id", "string"))),
)  # fmt: skip


def avro_file(spark: SparkSession, lake: Lake, name: str, schema: dict, rows: list[dict]) -> bytes:
    """Rows as Avro's JSON writes them: what may be null with the name of its type."""
    avro, path = spark._jvm.org.apache.avro, lake.raw / name
    parsed = avro.Schema.Parser().parse(json.dumps(schema))
    writer = avro.file.DataFileWriter(avro.generic.GenericDatumWriter(parsed))
    writer.setCodec(avro.file.CodecFactory.fromString("deflate"))
    writer.create(parsed, spark._jvm.java.io.File(str(path)))
    reader = avro.generic.GenericDatumReader(parsed)
    for row in rows:
        writer.append(reader.read(None, avro.io.DecoderFactory.get().jsonDecoder(parsed, json.dumps(row))))
    writer.close()
    return path.read_bytes()


def shop(visitor: str, item: int | None, us: int = MAY_3_NOON_US, value: str | None = None) -> dict:
    return {
        "event_ts": {"long": us},
        "visitor_id": visitor,
        "event_type": {"string": "view"},
        "item_id": None if item is None else {"long": item},
        "value": None if value is None else {"bytes": value},
    }


@needs_avro
def test_avro_is_read_as_its_objects_and_what_is_none_is_left_out_by_name(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    avro_file(
        spark, lake, "a.avro", SHOP, [shop("007", 7), shop("", 8), shop("1", None, MAY_3_NOON_US + 250)]
    )
    # 2.5 as a whole number of billionths, two's complement, big-endian; these are letters of Avro's JSON.
    billionths = (2_500_000_000).to_bytes(5, "big").decode("latin-1")
    whole = avro_file(spark, lake, "b.avro", SHOP, [shop("2", 9, value=billionths), shop("", 1)])
    items = [
        {"item_id": {"string": "T1"}, "quantity": {"long": 2}, "price": {"double": 4.5}},
        {"item_id": {"string": "T2"}, "quantity": {"long": 1}, "price": {"double": 3.0}},
    ]
    ordered = {
        "event_timestamp": {"long": MAY_3_NOON_US},
        "event_name": {"string": "purchase"},
        "user_pseudo_id": {"string": "9.9"},
        "items": items,
        "ecommerce": {"Ecommerce": {"transaction_id": {"string": "G-1"}}},
    }
    avro_file(spark, lake, "ga4.avro", GA4, [ordered])
    lake.put("cut.avro", whole[:-9])
    lake.put("header.avro", whole[:40])
    lake.put("none.avro", b"event_ts,visitor_id\n" * 9)
    large = {"type": "bytes", "logicalType": "decimal", "precision": 77, "scale": 38}
    avro_file(spark, lake, "large.avro", record("Root", *SHOP["fields"], optional("worth", large)), [])
    lake.put("empty.avro", b"")
    lake.clean("--max-rejected-share", "source")
    assert {name.rsplit("/", 1)[-1]: why for name, why in metrics()["quarantined_files"].items()} == {
        "cut.avro": {"file_unreadable": 1},
        "header.avro": {"header_unreadable": 1},
        "none.avro": {"header_unreadable": 1},
        "large.avro": {"header_unreadable": 1},
    }
    assert metrics()["sources"] == {"events": 2, "ga4": 1}
    rows = read_clean_events(spark, str(lake.lake), None).orderBy("visitor_id", "item_id").collect()
    assert [
        (row.visitor_id, row.event_type, row.item_id, row.transaction_id, row.value, row.event_ts.microsecond)
        for row in rows
    ] == [
        ("007", "view", "7", None, None, 0),
        ("1", "view", None, None, None, 250),
        ("2", "view", "9", None, Decimal("2.5"), 0),
        ("9.9", "transaction", "T1", "G-1", Decimal(9), 0),
        ("9.9", "transaction", "T2", "G-1", Decimal(3), 0),
    ]
    refused = read_rejected_events(spark, str(lake.lake), None).orderBy("source_file").collect()
    assert [(row.reason, row.source_file.rsplit("/", 1)[-1], row.source_line) for row in refused] == [
        ("visitorid_missing", "a.avro", 2),
        ("visitorid_missing", "b.avro", 2),
    ]


def test_without_sparks_package_avro_is_refused_by_name(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch, metrics: Callable[[], dict]
) -> None:
    monkeypatch.setattr("tables.raw_layouts.has_avro", lambda _: False)
    avro_file(spark, lake, "a.avro", SHOP, [shop("7", 7)])
    with pytest.raises(ValueError, match="a.avro: this Spark has no package for Avro"):
        lake.clean()
    lake.clean("--max-rejected-share", "source")
    assert list(metrics()["quarantined_files"].values()) == [{"avro_not_read": 1}]
