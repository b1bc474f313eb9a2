"""One JSON object a line as strings: the paths of a source, a list of named values, a row for each item; it refuses to know a source."""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from tables.leftovers import entries_of, object_of, with_own
from tables.source import Field, Source

# As Google's export writes a parameter: its key, and the value under the name of its type.
NAMED_VALUES = "array<struct<key: string, value: struct<string_value: string, int_value: string, float_value: string, double_value: string>>>"


def is_filled() -> Column:
    return F.expr("NOT (value RLIKE '^[\\\\x00-\\\\x20]*\\\\z')")


def fields_of(lines: DataFrame, source: Source, malformed: str, kept: tuple[str, ...]) -> DataFrame:
    """
    `lines` (value, and the columns `kept`) as a column of text for each field. A line is parsed once (twice where its source keeps the rest); a line that is no object is in
    `malformed`.
    """
    roots = roots_of(source)
    schema = StructType([StructField(name, StringType()) for name in (*roots, malformed)])
    parsed = lines.select(
        *kept,
        F.from_json("value", schema, {"columnNameOfCorruptRecord": malformed}).alias("line"),
        "value",
    ).select(
        *kept,
        *(["value"] if is_rest_kept(source) else []),
        *[F.col(f"line.`{name}`").alias(f"_{name}") for name in roots],
        F.when(F.trim("value").startswith("{"), F.col(f"line.{malformed}"))
        .otherwise(F.col("value"))
        .alias(malformed),
    )
    rows = _with_items(parsed, source) if source.items else parsed
    return rows.select(
        *kept,
        *[_field(name, field, source).alias(name) for name, field in source.fields.items()],
        malformed,
    )


def roots_of(source: Source) -> list[str]:
    """The names at the top of an object that the paths of a source begin with."""
    paths = [path for field in source.fields.values() for path in field.paths]
    return sorted({_root(path) for path in [*paths, *([source.items] if source.items else [])]} - {"item"})


def is_rest_kept(source: Source) -> bool:
    return "properties" in source.fields and source.fields["properties"].is_rest


def _field(name: str, field: Field, source: Source) -> Column:
    if name == "properties" and (field.is_rest or source.items):
        return _properties(field, source)
    found = _first(field.paths, source)
    # The worth of a whole event belongs to none of its items, save to the first when no item is told from another or has a worth of its own.
    return (
        F.when(F.coalesce(F.col("_is_whole"), F.lit(True)), found)
        if name == "event_value" and source.items
        else found
    )


def _properties(field: Field, source: Source) -> Column:
    """What the source gives, what is left of the object and of the item, and of items that are equal in all of that which one it is."""
    own = _first(field.paths, source) if field.paths else F.lit(None).cast("string")
    is_later = F.coalesce(F.col("_same_before") > 0, F.lit(False)) if source.items else F.lit(False)
    entries = F.array().cast("array<string>")
    if field.is_rest:
        # A list of which rows are made is not left as well; of other events it is.
        entries = entries_of(F.col("value"), {*taken_names(source), *field.without}, source.nulls)
    if source.items:
        items = str(source.items).removeprefix("$.")
        entries = (
            F.when(
                F.col("_item").isNotNull(), F.filter(entries, lambda entry: ~entry.startswith(f'"{items}":'))
            ).otherwise(entries)
            if field.is_rest
            else entries
        )
        number = F.concat(F.lit('"item_line":'), (F.col("_same_before") + 1).cast("string"))
        left = F.concat(F.lit('"item":'), F.col("_item_left"))
        entries = F.concat(entries, F.array_compact(F.array(left, F.when(is_later, number))))
    if field.is_rest:
        return object_of(
            with_own(own, _root(field.paths[0]), entries, source.nulls) if field.paths else entries
        )
    return F.when(is_later, object_of(with_own(own, "properties", entries, source.nulls))).otherwise(own)


def taken_names(source: Source) -> set[str]:
    """Names at the top of an object that a field takes whole."""
    paths = [path for field in source.fields.values() for path in field.paths]
    return {path.removeprefix("$.") for path in paths if re.fullmatch(r"\$\.\w+", path)}


def _first(paths: tuple[str, ...], source: Source) -> Column:
    """The first path with something there: what the source writes for nothing is nothing."""
    if len(paths) == 1 or not source.nulls:
        return F.coalesce(*[_at(path) for path in paths])
    return F.coalesce(*[F.when(~F.trim(_at(path)).isin(*source.nulls), _at(path)) for path in paths])


def rows_of(source: Source) -> Column:
    """How many rows a line is, from its text alone."""
    if source.items is None:
        return F.lit(1)
    name = F.get_json_object("value", source.fields["event_type"].paths[0])
    count = F.size(F.from_json(F.get_json_object("value", source.items), "array<string>"))
    return F.when(name.isin(*source.names_with_items()), F.greatest(count, F.lit(1))).otherwise(F.lit(1))


def _with_items(parsed: DataFrame, source: Source) -> DataFrame:
    """
    A row for each item: `_item`; `_item_left`, what no field takes of it; `_same_before`, how many items before it in the row are the same in all that is kept; and
    `_is_whole`, whether the row may be worth what the event is.
    """
    is_of_items = F.col(f"_{_root(source.fields['event_type'].paths[0])}").isin(*source.names_with_items())
    items = F.from_json(F.col(f"_{_root(str(source.items))}"), "array<string>")
    known = parsed.withColumn("_items", F.when(is_of_items, items))
    known = known.withColumn(
        "_made",
        F.transform("_items", lambda item: F.struct(item.alias("item"), _left(item, source).alias("left"))),
    ).withColumn("_kept", F.transform("_made", lambda made: _kept_of(made, source)))
    is_told = F.exists("_items", lambda item: _is_told(item, source))
    columns = [name for name in known.columns if not name.startswith(("_items", "_made", "_kept"))]
    rows = known.select(
        *columns, "_kept", is_told.alias("_is_told"), F.posexplode_outer("_made").alias("_at", "_one")
    )
    kept = F.get("_kept", F.col("_at"))
    before = F.filter(F.slice("_kept", 1, F.col("_at")), lambda other: other == kept)
    return rows.select(
        *columns,
        F.col("_one.item").alias("_item"),
        F.col("_one.left").alias("_item_left"),
        F.when(F.col("_at") > 0, F.size(before)).otherwise(0).alias("_same_before"),
        (F.col("_at").isNull() | ((F.col("_at") == 0) & ~F.col("_is_told"))).alias("_is_whole"),
    )


def _left(item: Column, source: Source) -> Column:
    if not is_rest_kept(source):
        return F.lit(None).cast("string")
    taken = {path for _, path in _item_paths(source)}
    return object_of(entries_of(item, taken, source.nulls))


def _kept_of(made: Column, source: Source) -> Column:
    """What of an item reaches the event, as one text: 5 and 5.0 are the same."""
    texts = []
    for name, path in _item_paths(source):
        text = F.get_json_object(made["item"], f"$.{path}")
        number = F.expr("CAST(NULL AS STRING)")
        if name in ("quantity", "value", "price"):
            number = text.cast("decimal(38,9)").cast("string")
        texts.append(F.coalesce(number, text))
    return F.to_json(F.array(*texts, made["left"]))


def _is_told(item: Column, source: Source) -> Column:
    """It has a name, or a worth of its own."""
    texts = [
        F.get_json_object(item, f"$.{path}")
        for name, path in _item_paths(source)
        if name in ("item_id", "value", "price")
    ]
    found = [
        F.coalesce(~F.trim(text).isin(*source.nulls), F.lit(False)) if source.nulls else text.isNotNull()
        for text in texts
    ]
    return F.array_contains(F.array(F.lit(False), *found), True)


def _item_paths(source: Source) -> list[tuple[str, str]]:
    return [
        (name, path.removeprefix("item."))
        for name, field in source.fields.items()
        for path in field.paths
        if path.startswith("item.")
    ]


def _root(path: str) -> str:
    head, _, rest = path.partition(".")
    return head if head == "item" else re.split(r"[.\[]", rest)[0]


def _at(path: str) -> Column:
    root = F.col(f"_{_root(path)}")
    if path.startswith("item."):
        return F.get_json_object(root, "$." + path.removeprefix("item."))
    named = re.fullmatch(r"\$\.\w+\[\?(\w+)\]", path)
    if named:
        key = named[1]
        found = F.filter(F.from_json(root, NAMED_VALUES), lambda entry: entry["key"] == key)
        value = F.get(found, F.lit(0))["value"]
        return F.coalesce(
            *[value[kind] for kind in ("string_value", "int_value", "float_value", "double_value")]
        )
    rest = path.split(".", 2)
    return root if len(rest) == 2 else F.get_json_object(root, f"$.{rest[2]}")
