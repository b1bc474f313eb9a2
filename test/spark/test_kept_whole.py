"""Nothing of an event is lost on the way in: equal lines of an order, what no field takes, files of other names, blank first lines, nanoseconds."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

from pyspark.sql import SparkSession

from conftest import Lake
from tables.clean_events import read_clean_events
from tables.sessionized_events import read_sessionized_events
from test_other_sources import MAY_3_NOON, google, lines, parameter

# One row as pandas writes it: event_ts TIMESTAMP(NANOS) 12:00:00.123456789, visitor 7, view.
NANOS = (
    "UEFSMRUAFRwVHCwVAhUAFQYVBgAAAgAAAAIBFU2105i02hMVABUWFRYsFQIVABUGFQYAAAIAAAACAQEAAAA3FQAVHBUcLBUC"
    "FQAVBhUGAAACAAAAAgEEAAAAdmlldxUCGUw1ABgNZHVja2RiX3NjaGVtYRUGABUEJQIYCGV2ZW50X3RzbIwSHDwAAAAAABUM"
    "JQIYCnZpc2l0b3JfaWQlAAAVDCUCGApldmVudF90eXBlJQAAFgIZHBk8JgAcFQQZFQAZGAhldmVudF90cxUAFgIWPhY+Jgg8"
    "GAgVTbXTmLTaExgIFU2105i02hMWACgIFU2105i02hMYCBVNtdOYtNoTEREAAAAmABwVDBkVABkYCnZpc2l0b3JfaWQVABYC"
    "FjgWOCZGPBgBNxgBNxYAKAE3GAE3EREAAAAmABwVDBkVABkYCmV2ZW50X3R5cGUVABYCFj4WPiZ+PBgEdmlldxgEdmlldxYA"
    "KAR2aWV3GAR2aWV3EREAAAAWtAEWAiYIFrQBACgoRHVja0RCIHZlcnNpb24gdjEuNS42IChidWlsZCAwNjljYzlmOWI1KRk8"
    "HAAAHAAAHAAAAFwBAABQQVIx"
)


def test_no_line_and_no_name_of_an_event_is_lost(spark: SparkSession, lake: Lake) -> None:
    shirt = {"item_id": "T1", "item_name": "Shirt", "price": 5, "quantity": 1}
    order = [
        {**shirt, "item_variant": "S"},
        {**shirt, "item_variant": "M"},
        {**shirt, "item_variant": "M", "price": 5.0},
        {**shirt, "item_id": "T2"},
    ]
    bought = google(1, "purchase", items=order, user_id="u-1", event_bundle_sequence_id=7, device={"category": "mobile", "language": "sw"},
        ecommerce={"transaction_id": "G-1"}, event_params=[parameter("value", int_value="20")])  # fmt: skip
    nameless = [{"item_id": "(not set)", "quantity": n} for n in (1, 2)]
    whole = google(2, "purchase", items=nameless, ecommerce={"transaction_id": "G-2"}, event_params=[parameter("value", int_value="10")])  # fmt: skip
    mixed = google(3, "purchase", items=[*nameless, {"item_id": "T3", "price": 4}], ecommerce={"transaction_id": "G-3"}, event_params=[parameter("value", int_value="9")])  # fmt: skip
    without = {**google(4, "page_view"), "user_pseudo_id": None}
    # BigQuery's export as JSON is called so. Delivered twice, it is the same lines once.
    lake.put("ga4-000000000000.json", "\n \n" + lines(bought, whole, mixed, *[without] * 8))
    lake.put("again/ga4-000000000000.json.gz", lines(bought))
    lake.put("manifest.json", '{"files": 3}\n')
    lake.put("ga4-000000000001", lines(bought))
    at = {"event_ts": "2015-05-03T12:00:00Z", "visitor_id": "a", "event_type": "view"}
    lake.put(
        "shop.ndjson",
        lines(
            {
                **at,
                "colour": "red",
                "size": {"eu": [42, 0.5]},
                "n": -7.25,
                "zip": "01234",
                "note": 'a "b"\\\n',
                "gone": None,
                "none": "",
            },
            {**at, "properties": {"coupon": "x", "n": 1.0}},
            {**at, "properties": {"coupon": "x"}, "colour": "red"},
            {**at, "properties": {"colour": "x"}, "colour": "red"},
            {**at, "properties": "text"},
        ),
    )
    lake.put(
        "blank.csv",
        f"\r\n\ntimestamp,visitorid,event,itemid,transactionid,colour\n{MAY_3_NOON},9,view,1,,red\n",
    )
    lake.put("nanos.parquet", base64.b64decode(NANOS))
    lake.clean("--max-rejected-share", "source")
    metrics = lake.metrics()
    assert metrics["sources"] == {"ga4": 2, "events": 2, "retailrocket": 1}
    assert sorted(name.rsplit("/", 1)[1] for name in metrics["ignored_files"]) == [
        "ga4-000000000001",
        "manifest.json",
    ]
    assert (metrics["quarantined_files"], metrics["reasons"]) == ({}, {"expected_visitorid_missing": 8})
    assert (metrics["clean"], metrics["duplicates"]) == (16, 4)
    lake.sessionize()
    rows = read_sessionized_events(spark, str(lake.lake), None).collect()
    assert len({row.event_id for row in rows}) == len(rows) == 16
    left = {
        order: sorted(
            (row.item_id or "", row.quantity, row.value, json.loads(row.properties).get("item", {}).get("item_variant"), json.loads(row.properties).get("item_line"))
            for row in rows
            if row.transaction_id == order
        )
        for order in ("G-2", "G-3")
    }  # fmt: skip
    assert left == {
        "G-2": [("", 1, Decimal(10), None, None), ("", 2, None, None, None)],
        "G-3": [("", 1, None, None, None), ("", 2, None, None, None), ("T3", None, Decimal(4), None, None)],
    }
    shirts = [json.loads(row.properties) for row in rows if row.transaction_id == "G-1"]
    assert sorted((s["item"].get("item_variant", ""), s.get("item_line", 1)) for s in shirts) == [
        ("", 1),
        ("M", 1),
        ("M", 2),
        ("S", 1),
    ]
    assert all(
        {name: value for name, value in one.items() if name not in ("item", "item_line")}
        == {
            "user_id": "u-1",
            "device": {"category": "mobile", "language": "sw"},
            "ecommerce": {"transaction_id": "G-1"},
            "event_params": [{"key": "value", "value": {"int_value": "20"}}],
        }
        for one in shirts
    )
    shop = [row.properties for row in rows if row.visitor_id == "a"]
    assert sorted((json.loads(text) for text in shop), key=str) == sorted(
        [
            {"colour": "red", "size": {"eu": [42, 0.5]}, "n": -7.25, "zip": "01234", "note": 'a "b"\\\n'},
            {"coupon": "x", "n": 1.0},
            {"coupon": "x", "colour": "red"},
            {"properties": {"colour": "x"}, "colour": "red"},
            {"properties": "text"},
        ],
        key=str,
    )
    assert '{"coupon":"x","n":1.0}' in [text.replace(" ", "") for text in shop]
    (nanos,) = [row for row in rows if row.visitor_id == "7"]
    assert nanos.event_ts.isoformat(timespec="milliseconds") == "2015-05-03T12:00:00.123"
    assert [row.properties for row in rows if row.visitor_id == "9"] == [None]


def test_a_csv_keeps_its_other_columns_where_its_source_says_so(spark: SparkSession, lake: Lake) -> None:
    source = {
        "name": "shop",
        "format": {"type": "csv", "trailing_delimiter": True},
        "fields": {
            "event_ts": {"from": "at", "unit": "iso"},
            "visitor_id": {"from": "who"},
            "event_type": {"from": "what"},
            "properties": {"rest": True, "without": ["secret"]},
        },
        "nulls": ["", "NULL"],
        "trim": True,
        "events": {"view": "view", "buy": "purchase"},
    }
    file = lake.raw.parent / "shop.json"
    file.write_text(json.dumps(source))
    lake.put(
        "a.csv",
        'at,who,what,secret,"my ""size""",n\n2015-05-03 12:00:00,a,view,s, L ,NULL\n2015-05-03 12:00:01,a,buy,s,NULL,\n'
        # One delimiter too many, and two.
        "2015-05-03 12:00:02,a,view,s,,n,\n2015-05-03 12:00:03,a,view,s,,n,,\n",
    )
    lake.clean("--source", str(file))
    rows = read_clean_events(spark, str(lake.lake), None).orderBy("event_ts").collect()
    assert [row.properties for row in rows] == ['{"my \\"size\\"":"L"}', None, '{"n":"n"}']
    assert lake.metrics()["reasons"] == {"field_count": 1}
    assert ",clean,without_order,1" in (lake.lake / "_ledger" / "files.csv").read_text()
