"""One JSON object a line as strings: the paths of a source, a list of named values, a row for each item; it refuses to know a source."""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from tables.source import Source

# As Google's export writes a parameter: its key, and the value under the name of its type.
NAMED_VALUES = "array<struct<key: string, value: struct<string_value: string, int_value: string, float_value: string, double_value: string>>>"


def is_filled() -> Column:
    return F.expr("NOT (value RLIKE '^[\\\\x00-\\\\x20]*\\\\z')")


def fields_of(lines: DataFrame, source: Source, malformed: str, kept: tuple[str, ...]) -> DataFrame:
    """`lines` (value, and the columns `kept`) as a column of text for each field. A line is parsed once; a line that is no object is in `malformed`."""
    roots = roots_of(source)
    schema = StructType([StructField(name, StringType()) for name in (*roots, malformed)])
    parsed = lines.select(
        *kept,
        F.from_json("value", schema, {"columnNameOfCorruptRecord": malformed}).alias("line"),
        "value",
    ).select(
        *kept,
        *[F.col(f"line.`{name}`").alias(f"_{name}") for name in roots],
        F.when(F.trim("value").startswith("{"), F.col(f"line.{malformed}"))
        .otherwise(F.col("value"))
        .alias(malformed),
    )
    rows = parsed.withColumn("_item", _items(source)) if source.items else parsed
    return rows.select(
        *kept,
        *[_first(field.paths, source).alias(name) for name, field in source.fields.items()],
        malformed,
    )


def roots_of(source: Source) -> list[str]:
    """The names at the top of an object that the paths of a source begin with."""
    paths = [path for field in source.fields.values() for path in field.paths]
    return sorted({_root(path) for path in [*paths, *([source.items] if source.items else [])]} - {"item"})


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


def _items(source: Source) -> Column:
    is_of_items = F.col(f"_{_root(source.fields['event_type'].paths[0])}").isin(*source.names_with_items())
    items = F.from_json(F.col(f"_{_root(str(source.items))}"), "array<string>")
    return F.explode_outer(F.when(is_of_items, items))


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
