"""What no field of a source takes, as the text of one JSON object; it refuses to drop a value, save those that mean nothing."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

TEXTS = "map<string,string>"
NUMBER = r"^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?\z"


def entries_of(text: Column, without: set[str], nulls: tuple[str, ...]) -> Column:
    """The members of an object that are not named `without`, each as `"name":value`; an empty list of what is none."""
    named = F.map_filter(
        F.from_json(text, TEXTS),
        lambda name, value: value.isNotNull() & ~name.isin(*without, "") & ~value.isin(*nulls, "\0"),
    )
    return _written(F.map_entries(named))


def entries_of_columns(columns: dict[str, Column], nulls: tuple[str, ...]) -> Column:
    """The same of columns of text, which stay text."""
    there = [
        F.when(
            F.length(column) > 0 if nulls == ("",) else column.isNotNull() & ~column.isin(*nulls, "\0"),
            F.concat(F.lit(quoted_name(name)), F.lit(":"), _quoted(column)),
        )
        for name, column in columns.items()
    ]
    return F.array_compact(F.array(*there)) if there else F.array().cast("array<string>")


def object_of(entries: Column) -> Column:
    """The object of the entries; NULL when there is none."""
    return F.when(F.size(entries) > 0, F.concat(F.lit("{"), F.array_join(entries, ","), F.lit("}")))


def with_own(own: Column, name: str, entries: Column, nulls: tuple[str, ...]) -> Column:
    """
    `own`, the text that a field gives, as entries, and the rest after it: the members of an object beside the others, as they are written. What is no object, or
    has a name that is there already, stays whole under its own `name`.
    """
    own = F.when(~own.isin(*nulls), own) if nulls else own
    names = F.json_object_keys(own)
    others = F.transform(entries, lambda entry: F.regexp_extract(entry, r'^"((?:[^"\\]|\\.)*)"', 1))
    inner = F.regexp_extract(own, r"(?s)^\s*\{(.*)\}\s*\z", 1)
    is_beside = names.isNotNull() & ~F.arrays_overlap(F.coalesce(names, F.array()), others)
    whole = F.concat(F.lit(quoted_name(name)), F.lit(":"), _json(own))
    entry = F.when(is_beside, F.when(F.trim(inner) != "", inner)).otherwise(whole)
    return F.concat(F.array_compact(F.array(F.when(own.isNotNull(), entry))), entries)


def quoted_name(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written(entries: Column) -> Column:
    found = F.transform(
        entries, lambda entry: F.concat(_quoted(entry["key"]), F.lit(":"), _json(entry["value"]))
    )
    return F.coalesce(found, F.array().cast("array<string>"))


def _json(text: Column) -> Column:
    """Objects, lists, numbers and truth values as they are; else a text."""
    is_json = (
        (text.startswith("{") & F.json_object_keys(text).isNotNull())
        | (text.startswith("[") & F.json_array_length(text).isNotNull())
        | text.rlike(NUMBER)
        | text.isin("true", "false")
    )
    return F.when(is_json, text).otherwise(_quoted(text))


def _quoted(text: Column) -> Column:
    """As JSON writes it: the list of it without its brackets."""
    return F.regexp_extract(F.to_json(F.array(text)), r"(?s)^\[(.*)\]\z", 1)
