"""Files that are no RetailRocket, through both jobs: one JSON object a line, Google's export, and a shop's own CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from conftest import Lake
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
    assert sorted(row.malformed_line for row in refused) == ["[1, 2]", '{"event_ts": "2015-05-03T14']


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
        },
        "nulls": ["", "NULL", "\\N"],
        "trim": True,
        "events": {"Angesehen": "view"},
        "other_events": "reject",
        "max_rejected_share": 0.25,
    }
    file = lake.raw.parent / "shop.json"
    file.write_text(json.dumps(source))
    second = MAY_3_NOON // 1000
    rows = ["WHEN;cookie;What;sku;Page;more"]
    rows += [f"{second + n}.25; c{n} ;Angesehen; 0{n};\\N;x" for n in range(8)]
    rows += [
        f"{second};c1;Angesehen;7;Größe;x",
        f"{second};C1;Angesehen;7;NULL;x",
        f"{second};c1;Gekauft;7;;x",
    ]
    lake.put("a.csv", "\r\n".join(rows).encode("ISO-8859-1"))
    lake.put("b.csv", f"when;cookie;what;sku;page\n{second};c1;Angesehen;NULL;\n{second};c1;Angesehen;7;\n")
    arguments = ("--source", str(file), "--max-rejected-share", "source")
    lake.clean(*arguments)
    assert metrics()["reasons"] == {"event_unknown": 1, "visitorid_malformed": 1}
    assert {name[-5:]: why for name, why in metrics()["quarantined"].items()} == {
        "b.csv": {"itemid_missing": 1, "rows": 2}
    }
    lake.sessionize()
    found = read_sessionized_events(spark, str(lake.lake), None).orderBy("event_ts").collect()
    assert [(row.visitor_id, row.item_id, row.event_type, row.page) for row in found[:2]] == [
        ("c1", "7", "view", "Größe"),
        ("c0", "00", "view", None),
    ]
    assert int(found[1].event_ts.timestamp() * 1000) == MAY_3_NOON + 250
    with pytest.raises(ValueError, match="no such file"):
        lake.clean("--source", str(lake.raw / "none.json"))
