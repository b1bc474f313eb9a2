"""Sources as data, without Spark: what a file may say, what each shipped one takes, and which a raw file is of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tables.raw_files import kind_of
from tables.raw_layouts import UnreadableHeader, layout_of
from tables.source import (
    FIELDS,
    MEANINGS,
    MORE,
    OBJECTS,
    SHIPPED,
    UNITS,
    SourceError,
    read_source,
    shipped_source,
)
from tables.source_files import source_or_none

SMALL = {
    "name": "shop",
    "format": {"type": "csv", "delimiter": ";", "header": "ignore_case"},
    "fields": {
        "event_ts": {"from": "When", "unit": "s"},
        "visitor_id": {"from": "Cookie"},
        "event_type": {"from": "What"},
    },
}
SOURCES = Path(__file__).resolve().parents[2] / "spark" / "tables" / "sources"
ALL = [shipped_source(name) for name in SHIPPED]


def changed(path: str, value: object) -> str:
    whole = json.loads(json.dumps(SMALL))
    holder, keys = whole, path.split(".")
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    return json.dumps(whole, indent=2)


def test_what_a_template_leaves_empty_names_no_source() -> None:
    assert [source_or_none(text) for text in ("", "ga4")] == [None, "ga4"]


def test_a_small_source_has_the_rest_by_itself() -> None:
    shop = read_source(json.dumps(SMALL), "shop.json")
    assert (shop.delimiter, shop.encoding, shop.is_case_ignored, shop.nulls) == (";", "UTF-8", True, ("",))
    assert (shop.are_others_kept, shop.order_id, shop.max_rejected_share) == (True, "any", 0.5)
    assert shop.fields["visitor_id"].is_required and "item_id" not in shop.fields


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("fromat", {}, r"shop.json:20: the source has no 'fromat'; known are name, format"),
        ("format.delimeter", ",", r"shop.json:7: format has no 'delimeter'"),
        ("format.type", "excel", r"shop.json:4: type must be one of csv, ndjson, parquet, avro; got 'excel'"),
        ("format.type", ["csv", "ndjson"], "type must be csv, or of ndjson, parquet, avro one or a list"),
        ("repeats", {"of": ["purchase"], "within_seconds": 60}, "fields has no transaction_id"),
        ("repeats", {"of": ["sale"], "within_seconds": 60}, "repeats.of must hold meanings"),
        ("repeats", {"of": ["purchase"]}, "repeats needs 'within_seconds'"),
        ("format.encoding", "EBCDIC", "encoding must be one of"),
        ("format.delimiter", "ab", "delimiter must be text"),
        ("fields.event_ts", {"from": "When"}, "event_ts needs one"),
        ("fields.visitor_id", {"from": "Cookie", "unit": "s"}, "unit belongs to event_ts"),
        ("fields.event_ts", {"from": "When", "unit": "minutes"}, "unit must be one of s, ms, us, iso"),
        ("fields.colour", {"from": "Colour"}, "fields has no 'colour'"),
        ("fields.item_id", {"from": ["A", "B"]}, "must name one column"),
        ("fields.item_id", {"from": "A", "pattern": "["}, "is no pattern"),
        ("fields.item_id", {"from": "A", "reason": "Bad reason"}, "reason must be lower case"),
        ("fields.page", {"from": "A", "whole": True}, "is for ids"),
        ("fields", {"event_ts": {"from": "When", "unit": "s"}}, "fields needs 'visitor_id'"),
        ("events", {"buy": "sale"}, "buy must be one of view, cart, checkout, purchase, refund"),
        ("other_events", "drop", "other_events must be one of keep, reject"),
        ("order_id", "always", "order_id must be one of"),
        ("nulls", "NULL", "nulls must be a list of texts"),
        ("trim", "yes", "trim must be true or false"),
        ("max_rejected_share", 2, "max_rejected_share must be a number from 0 to 1"),
        ("items", {"from": "$.items", "of": ["view"]}, "items is for ndjson"),
        ("name", "Not A Name", "name must be text"),
    ],
)
def test_what_no_source_can_mean_is_refused_where_it_stands(path: str, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_source(changed(path, value), "shop.json")


def test_what_is_no_json_or_says_a_thing_twice_is_refused_with_its_line() -> None:
    with pytest.raises(SourceError, match="shop.json:2: this is not JSON"):
        read_source('{\n"name": shop}', "shop.json")
    with pytest.raises(SourceError, match="shop.json:2: 'name' is there twice"):
        read_source('{\n"name": "a", "name": "b"}', "shop.json")
    with pytest.raises(SourceError, match="no such source; shipped are retailrocket, ga4, events"):
        shipped_source("matomo")


@pytest.mark.parametrize("path", ["$", "$.a[0]", "a.b", "$..a", "item", "$.a[?b].c"])
def test_a_path_of_another_language_is_refused(path: str) -> None:
    text = json.loads(json.dumps(SMALL))
    text["format"] = {"type": "ndjson"}
    text["fields"] = {
        "event_ts": {"from": "$.t", "unit": "s"},
        "visitor_id": {"from": path},
        "event_type": {"from": "$.e"},
    }
    with pytest.raises(SourceError, match="a path is written"):
        read_source(json.dumps(text), "shop.json")


def test_each_shipped_source_has_its_name_and_only_fields_of_the_contract() -> None:
    assert [source.name for source in ALL] == list(SHIPPED)
    assert set(MORE) <= set(shipped_source("events").fields)


@pytest.mark.parametrize(
    ("name", "line", "source"),
    [
        ("a.csv", "itemid,extra,event,transactionid,visitorid,timestamp", "retailrocket"),
        ("a.jsonl.gz", '{"event_timestamp": 1, "event_name": "page_view"}', "ga4"),
        ("a.ndjson", '{"event_ts": "2015-05-03T10:00:00Z", "event_type": "view"}', "events"),
    ],
)
def test_a_file_tells_what_it_is(name: str, line: str, source: str) -> None:
    assert layout_of(name, line, ALL).source.name == source


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("a.csv", "Timestamp,visitorid,event,itemid,transactionid", "the header must have timestamp once"),
        ("a.csv", "timestamp;visitorid;event;itemid;transactionid", "the header must have timestamp once"),
        ("a.ndjson", "[1, 2]", "the first line is no JSON object"),
        ("a.ndjson", "view,1", "the first line is no JSON object"),
        ("a.ndjson", '{"time": 1}', "the first object has no event_timestamp, found 'time'"),
    ],
)
def test_a_file_of_no_source_says_what_it_lacks(name: str, line: str, message: str) -> None:
    with pytest.raises(UnreadableHeader, match=message):
        layout_of(name, line, ALL)


def test_a_named_source_takes_no_file_of_another_kind() -> None:
    with pytest.raises(UnreadableHeader, match="source retailrocket is csv, and this is ndjson"):
        layout_of("a.ndjson", "{}", [shipped_source("retailrocket")])


def test_the_name_of_a_file_tells_its_kind() -> None:
    names = (
        "a.csv",
        "a.CSV.gz",
        "a.ndjson",
        "a.jsonl.gz",
        "a.json",
        "a.gz.parquet",
        "a.avro",
        "a.txt",
        "csv",
    )
    kinds = ["csv", "csv", "ndjson", "ndjson", "ndjson", "parquet", "avro", None, None]
    assert [kind_of(name) for name in names] == kinds


def test_the_schema_for_editors_knows_the_same_words() -> None:
    file = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "source.schema.json"
    schema = json.loads(file.read_text("utf-8"))
    known, fields = schema["properties"], schema["properties"]["fields"]
    with pytest.raises(SourceError) as unknown:
        read_source(changed("fromat", {}), "shop.json")
    assert str(unknown.value).endswith(f"known are {', '.join(known)}")
    assert tuple(fields["propertyNames"]["enum"]) == FIELDS
    assert tuple(fields["additionalProperties"]["properties"]["unit"]["enum"]) == UNITS
    assert tuple(schema["definitions"]["meaning"]["enum"]) == tuple(MEANINGS)
    kind, objects = known["format"]["properties"]["type"]["oneOf"]
    assert (kind["enum"], objects["items"]["enum"]) == (["csv", *OBJECTS], list(OBJECTS))
    for name in SHIPPED:
        assert set(json.loads((SOURCES / f"{name}.json").read_text("utf-8"))) <= set(known)
