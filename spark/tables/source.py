"""A source as data: which column or JSON path is which field, how values are written, which events mean what; it refuses a key it does not know, with file and line."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any, NamedTuple

from tables.more_fields import MORE

SHIPPED = ("retailrocket", "ga4", "events")
IDS = ("visitor_id", "item_id", "transaction_id")
# Beside the fields of the contract: what a line's value is made of when the source does not say it.
FIELDS = ("event_ts", "visitor_id", "event_type", "item_id", "transaction_id", *MORE, "price", "event_value")
NEEDED = ("event_ts", "visitor_id", "event_type")
# Formats whose rows are objects with names, in which a path finds a value.
OBJECTS = ("ndjson", "parquet", "avro")
UNITS = ("s", "ms", "us", "iso")
MEANINGS = {
    "view": "view",
    "cart": "addtocart",
    "checkout": "checkout",
    "purchase": "transaction",
    "refund": "refund",
}
PATH = re.compile(r"\$(\.\w+)+(\[\?\w+\])?|item(\.\w+)+")


class SourceError(ValueError):
    """The file of a source says something that no source can mean."""


class Field(NamedTuple):
    paths: tuple[str, ...]
    unit: str | None = None
    pattern: str | None = None
    reason: str | None = None
    is_whole: bool = False
    is_required: bool = False
    is_rest: bool = False
    without: tuple[str, ...] = ()


class Source(NamedTuple):
    """`kind`: csv (columns by a header) or ndjson (paths into an object); `formats`: the files that hold such."""

    name: str
    kind: str
    formats: tuple[str, ...]
    delimiter: str
    encoding: str
    is_case_ignored: bool
    fields: dict[str, Field]
    nulls: tuple[str, ...]
    is_trimmed: bool
    events: dict[str, str]
    are_others_kept: bool
    order_id: str
    items: str | None
    item_events: tuple[str, ...]
    max_rejected_share: float
    repeat_events: tuple[str, ...] = ()
    repeat_seconds: int = 0
    expected: tuple[str, ...] = ()
    has_trailing: bool = False

    def names_with_items(self) -> list[str]:
        """The source's own names of the events of which each item is a row."""
        return [name for name, meaning in self.events.items() if meaning in self.item_events]


def shipped_source(name: str) -> Source:
    if name not in SHIPPED:
        raise SourceError(
            f"--source {name}: no such source; shipped are {', '.join(SHIPPED)}; the name of a file has a / or ends in .json"
        )
    return read_source(files("tables.sources").joinpath(f"{name}.json").read_text("utf-8"), f"{name}.json")


def read_source(text: str, file: str) -> Source:
    """The source that a file describes. Raises SourceError with the file, the line where there is one, and what is allowed."""
    try:
        whole = json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, text, file))
    except json.JSONDecodeError as error:
        raise SourceError(f"{file}:{error.lineno}: this is not JSON: {error.msg}") from None
    at = Place(file, text)
    top = at.object(
        whole,
        "the source",
        required=("name", "format", "fields"),
        optional=(
            "nulls", "trim", "events", "other_events", "order_id", "items", "repeats", "expected",
            "max_rejected_share",
        ),
    )  # fmt: skip
    shape = at.object(
        top["format"],
        "format",
        required=("type",),
        optional=("delimiter", "encoding", "header", "trailing_delimiter"),
    )
    formats = _formats(at, shape)
    kind = "csv" if formats == ("csv",) else "ndjson"
    if kind != "csv":
        for key in ("delimiter", "encoding", "header", "trailing_delimiter"):
            if key in shape:
                raise at.wrong(key, f"{key} is for csv; {' and '.join(formats)} have names in each row")
    fields = {
        name: _field(at, name, value, kind)
        for name, value in at.object(
            top["fields"], "fields", NEEDED, [f for f in FIELDS if f not in NEEDED]
        ).items()
    }
    if "items" in top:
        # Of two equal items of one row, which one an event is stands there.
        fields.setdefault("properties", Field(()))
    events = top.get("events", {})
    if not isinstance(events, dict):
        raise at.wrong("events", "events must be an object of the source's event names")
    for name in events:
        at.one_of(events, name, tuple(MEANINGS))
    items = at.object(top.get("items", {"from": "", "of": []}), "items", ("from", "of"), ())
    if "items" in top and (kind != "ndjson" or not re.fullmatch(r"\$\.\w+", str(items["from"]))):
        raise at.wrong("items", "items is for ndjson, with a path such as $.items to a list")
    for meaning in items["of"]:
        if meaning not in MEANINGS:
            raise at.wrong("of", f"of must hold meanings, {', '.join(MEANINGS)}; got {meaning!r}")
    repeats = at.object(
        top.get("repeats", {"of": [], "within_seconds": 0}), "repeats", ("of", "within_seconds"), ()
    )
    for meaning in repeats["of"]:
        if meaning not in MEANINGS:
            raise at.wrong(
                "repeats", f"repeats.of must hold meanings, {', '.join(MEANINGS)}; got {meaning!r}"
            )
    if "repeats" in top and "transaction_id" not in fields:
        raise at.wrong("repeats", "repeats are told by the order, and fields has no transaction_id")
    if "items" not in top and any(
        path.startswith("item.") for field in fields.values() for path in field.paths
    ):
        raise at.wrong("fields", 'a path that begins with "item." needs "items": which list it is an item of')
    return Source(
        at.text_of(top, "name", r"[a-z][a-z0-9_]{0,39}"),
        kind,
        formats,
        at.text_of(shape, "delimiter", r"[^\w\s\"]|\t", ","),
        at.one_of(shape, "encoding", ("UTF-8", "ISO-8859-1", "windows-1252"), "UTF-8"),
        at.one_of(shape, "header", ("exact", "ignore_case"), "exact") == "ignore_case",
        fields,
        at.texts_of(top, "nulls", ("",)),
        at.bool_of(top, "trim"),
        {name: MEANINGS[meaning] for name, meaning in events.items()},
        at.one_of(top, "other_events", ("keep", "reject"), "keep") == "keep",
        at.one_of(top, "order_id", ("any", "purchases", "exactly_purchases"), "any"),
        items["from"] or None,
        tuple(MEANINGS[meaning] for meaning in items["of"]),
        at.number_of(top, "max_rejected_share", 0, 1, 0.5),
        tuple(MEANINGS[meaning] for meaning in repeats["of"]),
        int(at.number_of(repeats, "within_seconds", 1, 3600, 60)) if "repeats" in top else 0,
        _expected(at, top),
        at.bool_of(shape, "trailing_delimiter"),
    )


def _expected(at: Place, top: dict[str, Any]) -> tuple[str, ...]:
    reasons = at.texts_of(top, "expected", ())
    for reason in reasons:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", reason):
            raise at.wrong(
                "expected", f"expected must hold reasons such as visitorid_missing; got {reason!r}"
            )
    return reasons


def _formats(at: Place, shape: dict[str, Any]) -> tuple[str, ...]:
    if not isinstance(shape["type"], list):
        return (at.one_of(shape, "type", ("csv", *OBJECTS)),)
    if not shape["type"] or not all(name in OBJECTS for name in shape["type"]):
        raise at.wrong(
            "type", f"type must be csv, or of {', '.join(OBJECTS)} one or a list; got {shape['type']!r}"
        )
    return tuple(shape["type"])


def _field(at: Place, name: str, value: Any, kind: str) -> Field:
    is_rest = name == "properties" and isinstance(value, dict) and at.bool_of(value, "rest")
    optional = ("from", "unit", "pattern", "reason", "whole", "required", "rest", "without")
    found = at.object(value, f"fields.{name}", () if is_rest else ("from",), optional)
    for key in ("rest", "without"):
        if key in found and (name != "properties" or not is_rest):
            raise at.wrong(
                key,
                f"{key} belongs to properties: rest, true, keeps what no field takes, without leaves names out of it",
            )
    paths = found.get("from", [])
    paths = paths if isinstance(paths, list) else [paths]
    for path in paths:
        if not isinstance(path, str) or not path:
            raise at.wrong(name, f"fields.{name}.from must be a name, or a list of them")
        if kind == "ndjson" and not PATH.fullmatch(path):
            raise at.wrong(
                name,
                f"fields.{name}.from is {path!r}; a path is written $.a.b, $.list[?key] or item.a",
            )
    if (not paths and not is_rest) or (kind == "csv" and len(paths) > 1):
        raise at.wrong(
            name, f"fields.{name}.from must name {'one column' if kind == 'csv' else 'a path or more'}"
        )
    if (name == "event_ts") != ("unit" in found):
        raise at.wrong(name, "unit belongs to event_ts, and event_ts needs one")
    unit = at.one_of(found, "unit", UNITS) if "unit" in found else None
    for key in ("pattern", "reason"):
        if key in found and (not isinstance(found[key], str) or not found[key]):
            raise at.wrong(key, f"fields.{name}.{key} must be text")
    try:
        re.compile(found.get("pattern", ""))
    except re.error as error:
        raise at.wrong("pattern", f"fields.{name}.pattern is no pattern: {error}") from None
    if not re.fullmatch(r"[a-z][a-z0-9_]*", found.get("reason", "a")):
        raise at.wrong("reason", f"fields.{name}.reason must be lower case letters, digits and _")
    is_whole = at.bool_of(found, "whole")
    if is_whole and name not in IDS:
        raise at.wrong("whole", "whole, which takes 7.0 for 7, is for ids")
    return Field(
        tuple(paths),
        unit,
        found.get("pattern"),
        found.get("reason"),
        is_whole,
        at.bool_of(found, "required") or name in NEEDED,
        is_rest,
        at.texts_of(found, "without", ()),
    )


class Place(NamedTuple):
    """A file, to say where in it something is wrong."""

    file: str
    text: str

    def wrong(self, key: str, what: str) -> SourceError:
        found = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", self.text)
        line = f":{self.text.count(chr(10), 0, found.start()) + 1}" if found else ""
        return SourceError(f"{self.file}{line}: {what}")

    def object(self, value: Any, what: str, required: Any, optional: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(what.rsplit(".", 1)[-1], f"{what} must be an object")
        for key in value:
            if key not in (*required, *optional):
                raise self.wrong(key, f"{what} has no {key!r}; known are {', '.join((*required, *optional))}")
        for key in required:
            if key not in value:
                raise self.wrong(what.rsplit(".", 1)[-1], f"{what} needs {key!r}")
        return value

    def one_of(
        self, holder: dict[str, Any], key: str, allowed: tuple[str, ...], default: str | None = None
    ) -> str:
        value = holder.get(key, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(key, f"{key} must be one of {', '.join(allowed)}; got {value!r}")
        return value

    def text_of(self, holder: dict[str, Any], key: str, pattern: str, default: str | None = None) -> str:
        value = holder.get(key, default)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self.wrong(key, f"{key} must be text that fits {pattern}; got {value!r}")
        return value

    def texts_of(self, holder: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = holder.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.wrong(key, f"{key} must be a list of texts")
        return tuple(value)

    def bool_of(self, holder: dict[str, Any], key: str) -> bool:
        value = holder.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false; got {value!r}")
        return value

    def number_of(self, holder: dict[str, Any], key: str, least: float, most: float, default: float) -> float:
        value = holder.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(key, f"{key} must be a number from {least} to {most}; got {value!r}")
        return value


def _once(pairs: list[tuple[str, Any]], text: str, file: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Place(file, text).wrong(twice, f"{twice!r} is there twice")
    return found
