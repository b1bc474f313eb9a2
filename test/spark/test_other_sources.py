"""Files that are no RetailRocket, through both jobs: one JSON object a line, Google's export, and a shop's own CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from conftest import Lake
from tables.clean_events import read_clean_events
from tables.rejected_events import read_rejected_events
from tables.sessionized_events import read_sessionized_events

MAY_3_NOON = 1_430_654_400_000


def lines(*objects: object) -> str:
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in objects)


def parameter(key: str, **value: object) -> dict:
    return {"key": key, "value": value}


def google(seconds: int, name: str, **more: object) -> dict:
    return {
        "event_timestamp": str((MAY_3_NOON + seconds * 1000) * 1000),
        "event_name": name,
        "user_pseudo_id": "1234.5678",
        **more,
    }


def test_three_sources_in_one_folder_are_told_apart_and_become_one_table(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put_events("a.csv", [(MAY_3_NOON, 7, "view", 10, None)])
    at = "2015-05-03T14:00:0"
    lake.put(
        "shop.ndjson",
        lines(
            {"event_ts": f"{at}0+02:00", "visitor_id": "007", "event_type": "view", "item_id": "SKU-7", "page": "/a|b"},
            {"event_ts": f"{at}0+02:00", "visitor_id": "007", "event_type": "view", "item_id": "SKU-7", "page": "/c"},
            {"event_ts": f"{at}1+02:00", "visitor_id": "007", "event_type": "cart", "item_id": "SKU-7", "quantity": 2, "value": 19.98, "currency": "EUR"},
            {"event_ts": f"{at}2+02:00", "visitor_id": "007", "event_type": "purchase", "item_id": "SKU-7", "transaction_id": "A-1", "properties": {"coupon": "x"}},
            {"event_ts": f"{at}3+02:00", "visitor_id": 7, "event_type": "search"},
            {"event_ts": f"{at}4+02:00", "visitor_id": "007", "event_type": "purchase", "item_id": "SKU-7"},
            {"event_ts": "yesterday", "visitor_id": "007", "event_type": "view"},
            {"event_ts": f"{at}5+02:00", "visitor_id": "", "event_type": "view"},
            {"event_ts": f"{at}6+02:00", "visitor_id": "007", "event_type": "cart", "quantity": "many"},
            {"event_ts": f"{at}6+02:00", "visitor_id": "007", "event_type": "cart", "quantity": "2\n"},
            {"event_ts": f"{at}6+02:00", "visitor_id": " \u00a0", "event_type": "view"},
            {"event_ts": f"{at}7+02:00", "visitor_id": "007", "event_type": "cart", "currency": "euro"},
            '{"event_ts": "2015-05-03T14',
            "[1, 2]",
            "",
        ),
    )  # fmt: skip
    items = [
        {"item_id": "T1", "item_name": "Tea", "quantity": "2", "price": 4.5},
        {"item_id": "T2", "quantity": "1", "item_revenue": 30.25},
    ]
    lake.put(
        "ga4.jsonl.gz",
        lines(
            google(10, "page_view", event_params=[
                parameter("page_location", string_value="https://shop.example/"),
                parameter("ga_session_id", int_value="17"),
            ], device={"category": "mobile"}, geo={"country": "Kenya"}),
            google(20, "view_item_list", items=items),
            google(30, "purchase", items=items, ecommerce={"transaction_id": "(not set)"}, event_params=[
                parameter("transaction_id", string_value="G-9"),
                parameter("value", double_value=39.25),
                parameter("currency", string_value="KES"),
            ], collected_traffic_source={"manual_source": "news", "manual_medium": "email"}),
            google(40, "begin_checkout", event_params=[parameter("value", int_value="12")]),
            google(50, "transaction"),
        ),
    )  # fmt: skip
    lake.clean()
    counts = metrics()
    assert counts["sources"] == {"retailrocket": 1, "events": 1, "ga4": 1}
    assert [(f["raw"], f["clean"], f["rejected"], f["duplicates"]) for f in counts["files"]] == [
        (1, 1, 0, 0),
        (6, 5, 1, 0),
        (14, 5, 9, 0),
    ]
    assert counts["reasons"] == {
        "currency_malformed": 1,
        "event_unknown": 1,
        "line_not_json": 2,
        "quantity_not_number": 2,
        "timestamp_unreadable": 1,
        "transactionid_missing": 1,
        "visitorid_malformed": 1,
        "visitorid_missing": 1,
    }
    lake.sessionize()
    rows = read_sessionized_events(spark, str(lake.lake), None).orderBy(
        "event_ts", "visitor_id", "item_id", "page"
    )
    found = rows.collect()
    assert len({row.event_id for row in found}) == 11
    assert {row.session_id for row in found} == {
        f"{visitor}-{ms}"
        for visitor, ms in (("7", MAY_3_NOON), ("007", MAY_3_NOON), ("1234.5678", MAY_3_NOON + 10_000))
    }
    shop = [row for row in found if row.visitor_id == "007"]
    assert [(row.event_type, row.page, row.quantity, row.value, row.currency) for row in shop] == [
        ("view", "/a|b", None, None, None),
        ("view", "/c", None, None, None),
        ("addtocart", None, 2, Decimal("19.98"), "EUR"),
        ("transaction", None, None, None, None),
    ]
    assert json.loads(shop[-1].properties) == {"coupon": "x"}
    ga4 = [row for row in found if row.visitor_id == "1234.5678"]
    assert [
        (row.event_type, row.item_id, row.transaction_id, row.quantity, row.value, row.currency)
        for row in ga4
    ] == [
        ("page_view", None, None, None, None, None),
        ("view_item_list", None, None, None, None, None),
        ("transaction", "T1", "G-9", 2, Decimal(9), "KES"),
        ("transaction", "T2", "G-9", 1, Decimal("30.25"), "KES"),
        ("checkout", None, None, None, Decimal(12), None),
    ]
    assert (ga4[0].page, ga4[0].device, ga4[0].country) == ("https://shop.example/", "mobile", "Kenya")
    assert (ga4[2].traffic_source, ga4[2].traffic_medium, ga4[2].campaign) == ("news", "email", None)
    refused = read_rejected_events(spark, str(lake.lake), None).where("reason = 'line_not_json'").collect()
    assert sorted((row.source_line, row.malformed_line) for row in refused) == [
        (13, '{"event_ts": "2015-05-03T14'),
        (14, "[1, 2]"),
    ]


def test_a_refund_of_googles_export_is_worth_what_was_given_back(spark: SparkSession, lake: Lake) -> None:
    refunds = [
        {"items": [{"item_id": "A", "price": 10, "quantity": "1", "item_refund": 5}], "ecommerce": {"transaction_id": "G-1", "refund_value": 5}},
        {"items": [{"item_id": "A", "item_refund": 5.5}], "ecommerce": {"transaction_id": "G-2"}},
        {"items": [{"item_id": "A", "item_refund": 6}, {"item_id": "B", "price": 2, "quantity": "3"}], "ecommerce": {"refund_value": 12}},
        {"ecommerce": {"transaction_id": "G-4", "refund_value": 7}},
        {"items": [], "ecommerce": {"refund_value": 8.25}, "event_params": [parameter("value", int_value="9")]},
        {"items": [{"item_id": "(not set)", "quantity": "1"}], "ecommerce": {"refund_value": 10}},
    ]  # fmt: skip
    lake.put("ga4.ndjson", lines(*(google(n, "refund", **more) for n, more in enumerate(refunds))))
    lake.clean()
    rows = read_clean_events(spark, str(lake.lake), None).orderBy("event_ts", "item_id").collect()
    assert [(row.event_type, row.item_id, row.value) for row in rows] == [
        ("refund", "A", Decimal(5)),
        ("refund", "A", Decimal("5.5")),
        ("refund", "A", Decimal(6)),
        ("refund", "B", Decimal(6)),
        ("refund", None, Decimal(7)),
        ("refund", None, Decimal(9)),
        ("refund", None, Decimal(10)),
    ]
    assert "item_refund" not in "".join(row.properties or "" for row in rows)


def test_a_shops_own_csv_is_read_as_its_file_says_and_above_its_share_left_out(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    source = {
        "name": "shop",
        "format": {"type": "csv", "delimiter": ";", "encoding": "ISO-8859-1", "header": "ignore_case"},
        "fields": {
            "event_ts": {"from": "When", "unit": "s"},
            "visitor_id": {"from": "Cookie", "pattern": "[a-z0-9]+"},
            "event_type": {"from": "What"},
            "item_id": {"from": "SKU", "required": True},
            "page": {"from": "Page"},
            "transaction_id": {"from": "Order"},
        },
        "nulls": ["", "NULL", "\\N"],
        "trim": True,
        "events": {"Angesehen": "view", "Gekauft": "purchase"},
        "repeats": {"of": ["purchase"], "within_seconds": 60},
        "other_events": "reject",
        "max_rejected_share": 0.25,
    }
    file = lake.raw.parent / "shop.json"
    file.write_text(json.dumps(source))
    second = MAY_3_NOON // 1000
    rows = ["WHEN;cookie;What;sku;Page;Order;more"]
    rows += [f"{second + n}.25; c{n} ;Angesehen; 0{n};\\N;;x" for n in range(8)]
    rows += [
        f"{second};c1;Angesehen;7;Größe;;x",
        f"{second};C1;Angesehen;7;NULL;;x",
        f"{second};c1;Storniert;7;;;x",
    ]
    # Loaded again after 40 and again after 100 seconds; bought again after an hour; another item, another order.
    rows += [f"{second + after};c1;Gekauft;7;;A1;x" for after in (100, 0, 3700, 40)]
    rows += [f"{second};c1;Gekauft;7;/other-line;A1;x", f"{second + 40};c1;Gekauft;7;/other-line;A1;x"]
    rows += [f"{second + 10};c1;Gekauft;8;;A1;x", f"{second + 20};c1;Gekauft;7;;A2;x"]
    lake.put("a.csv", "\r\n".join(rows).encode("ISO-8859-1"))
    lake.put(
        "b.csv", f"when;cookie;what;sku;page;order\n{second};c1;Angesehen;NULL;;\n{second};c1;Angesehen;7;;\n"
    )
    arguments = ("--source", str(file), "--max-rejected-share", "source")
    lake.clean(*arguments)
    assert metrics()["reasons"] == {"event_unknown": 1, "visitorid_malformed": 1}
    assert {name[-5:]: why for name, why in metrics()["quarantined_files"].items()} == {
        "b.csv": {"itemid_missing": 1, "rows": 2}
    }
    assert (metrics()["repeats"], metrics()["duplicates"]) == (3, 3)
    assert "duplicates,repeated_within_60_seconds,3" in (lake.lake / "_ledger" / "files.csv").read_text()
    found = read_clean_events(spark, str(lake.lake), None).orderBy("event_ts", "event_type", "page").collect()
    bought = [row for row in found if row.event_type == "transaction"]
    assert [
        (int(row.event_ts.timestamp()) - second, row.item_id, row.transaction_id, row.page) for row in bought
    ] == [
        (0, "7", "A1", None),
        (0, "7", "A1", "/other-line"),
        (10, "8", "A1", None),
        (20, "7", "A2", None),
        (3700, "7", "A1", None),
    ]
    found = [row for row in found if row.event_type == "view"]
    assert [(row.visitor_id, row.item_id, row.event_type, row.page) for row in found[:2]] == [
        ("c1", "7", "view", "Größe"),
        ("c0", "00", "view", None),
    ]
    assert int(found[1].event_ts.timestamp() * 1000) == MAY_3_NOON + 250
    with pytest.raises(ValueError, match="no such file"):
        lake.clean("--source", str(lake.raw / "none.json"))


def test_parquet_is_read_as_its_objects_and_what_is_none_is_left_out_by_name(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    at = datetime(2015, 5, 3, 12, tzinfo=timezone.utc)
    shop = [
        (at, "007", "view", 7),
        (at, "", "view", 8),
        (at + timedelta(milliseconds=250), "1", "cart", None),
    ]
    schema = "event_ts timestamp, visitor_id string, event_type string, item_id long"
    lake.put("shop.parquet", parquet(spark, lake, spark.createDataFrame(shop, schema)))
    items = [Row(item_id="T1", quantity=2, price=4.5), Row(item_id="T2", quantity=1, price=3.0)]
    ordered = Row(
        event_timestamp=MAY_3_NOON * 1000,
        event_name="purchase",
        user_pseudo_id="9.9",
        items=items,
        ecommerce=Row(transaction_id="G-1"),
        event_params=[Row(key="currency", value=Row(string_value="KES", int_value=None))],
    )
    nested = "event_timestamp long, event_name string, user_pseudo_id string, items array<struct<item_id: string, quantity: long, price: double>>, ecommerce struct<transaction_id: string>, event_params array<struct<key: string, value: struct<string_value: string, int_value: long>>>"
    whole = parquet(spark, lake, spark.createDataFrame([ordered], nested))
    lake.put("ga4.parquet", whole)
    lake.put("cut.parquet", whole[:-9])
    lake.clean("--max-rejected-share", "source")
    assert {name.rsplit("/", 1)[-1]: why for name, why in metrics()["quarantined_files"].items()} == {
        "cut.parquet": {"header_unreadable": 1},
    }
    assert metrics()["sources"] == {"events": 1, "ga4": 1}
    rows = read_clean_events(spark, str(lake.lake), None).orderBy("visitor_id", "item_id").collect()
    assert [
        (row.visitor_id, row.event_type, row.item_id, row.transaction_id, row.value, row.currency)
        for row in rows
    ] == [
        ("007", "view", "7", None, None, None),
        ("1", "addtocart", None, None, None, None),
        ("9.9", "transaction", "T1", "G-1", Decimal(9), "KES"),
        ("9.9", "transaction", "T2", "G-1", Decimal(3), "KES"),
    ]
    assert rows[1].event_ts.microsecond == 250_000
    (refused,) = read_rejected_events(spark, str(lake.lake), None).collect()
    assert (refused.reason, refused.source_line) == ("visitorid_missing", 2)


def parquet(spark: SparkSession, lake: Lake, rows: DataFrame) -> bytes:
    folder = lake.raw.parent / "written"
    rows.coalesce(1).write.mode("overwrite").parquet(str(folder))
    return next(folder.glob("*.parquet")).read_bytes()


def test_microseconds_tell_events_apart_and_cut_sessions(spark: SparkSession, lake: Lake) -> None:
    start, half_hour = MAY_3_NOON * 1000, 1_800_000_000
    moments = [start + 900, start + 100, start + 900 + half_hour, start + 901 + 2 * half_hour]
    lake.put("ga4.ndjson", lines(*({**google(0, "page_view"), "event_timestamp": str(us)} for us in moments)))
    at = "2015-05-03T12:00:00"
    lake.put(
        "shop.ndjson",
        lines(
            *(
                {"event_ts": f"{at}{finer}Z", "visitor_id": "7", "event_type": "view"}
                for finer in (".0001009", ".000100", "")
            )
        ),
    )
    lake.clean()
    lake.sessionize()
    rows = (
        read_sessionized_events(spark, str(lake.lake), None)
        .selectExpr("*", "unix_micros(event_ts) AS us", "unix_micros(session_start_ts) AS begun")
        .orderBy("visitor_id", "us")
        .collect()
    )
    second = f"1234.5678-{(start + half_hour * 2) // 1000}"
    first = (f"1234.5678-{MAY_3_NOON}", start + 100)
    assert [(row.us - start, row.session_id, row.begun) for row in rows] == [
        (100, *first),
        (900, *first),
        (900 + half_hour, *first),
        (901 + 2 * half_hour, second, start + 901 + 2 * half_hour),
        (0, f"7-{MAY_3_NOON}", start),
        (100, f"7-{MAY_3_NOON}", start),
    ]
    assert [row.event_id for row in rows[4:]] == [
        sha256(f"{time}|7|view||".encode()).hexdigest() for time in (f"{MAY_3_NOON}", f"{MAY_3_NOON}.100")
    ]
