"""Lines of raw files as frames of strings, one column for each field of their source; it refuses to judge what they say."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from tables.json_lines import fields_of, is_rest_kept
from tables.leftovers import entries_of_columns, object_of, with_own
from tables.raw_layouts import column_of
from tables.raw_lines import PLACE, RawLines
from tables.source import Source

MALFORMED = "malformed_line"


def raw_schema(source: Source) -> StructType:
    return StructType(
        [StructField(name, StringType()) for name in (*source.fields, MALFORMED)]
        + [StructField(name, LongType()) for name in PLACE]
    )


def read_raw_events(lines: list[RawLines]) -> list[tuple[Source, DataFrame]]:
    """For each source the fields as strings, `malformed_line` (a line that has not as many fields as the header, or is no JSON) and the place of each."""
    frames: dict[str, tuple[Source, DataFrame]] = {}
    for group in lines:
        source, name = group.source, group.source.name
        kept = group.frame.where("holds_row")
        if source.kind == "csv":
            rows = fields_of_csv(kept.withColumn("text", group.text()), source, group.names, PLACE)
        else:
            rows = fields_of(kept, source, MALFORMED, PLACE)
        frames[name] = (source, frames[name][1].unionByName(rows) if name in frames else rows)
    return list(frames.values())


def fields_of_csv(
    lines: DataFrame, source: Source, names: tuple[str, ...], kept: tuple[str, ...]
) -> DataFrame:
    """`lines` (text, and the columns `kept`) as a column of text for each field; a line with more or fewer values than the header has names is in `malformed_line`, save one more that is empty where the source writes so."""
    schema = ", ".join(f"c{n} string" for n in range(len(names))) + f", {MALFORMED} string"
    options = {
        "sep": source.delimiter,
        "escape": '"',
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
    }
    line, text = F.from_csv("text", schema, options), F.col("text")
    if source.has_trailing:
        is_longer = line[MALFORMED].isNotNull() & text.endswith(source.delimiter)
        shorter = F.from_csv(text.substr(F.lit(1), F.length(text) - 1), schema, options)
        line = F.when(is_longer, shorter).otherwise(line)
    parsed = lines.select(*kept, line.alias("line"))
    fields = {
        name: F.col(f"line.c{names.index(column_of(source, name))}")
        for name, field in source.fields.items()
        if field.paths
    }
    if is_rest_kept(source):
        fields["properties"] = _rest(source, names, fields.get("properties"))
    return parsed.select(
        *kept,
        *[fields[name].alias(name) for name in source.fields],
        F.col(f"line.{MALFORMED}").alias(MALFORMED),
    )


def _rest(source: Source, names: tuple[str, ...], own: Column | None) -> Column:
    """The columns that no field takes, by their names in the header; of two of one name the first."""
    taken = {column_of(source, name) for name, field in source.fields.items() if field.paths}
    left = [
        name
        for name in names
        if name and name not in taken and name not in source.fields["properties"].without
    ]
    columns = {name: F.col(f"line.c{names.index(name)}") for name in left}
    if source.is_trimmed:
        columns = {name: F.trim(column) for name, column in columns.items()}
    entries = entries_of_columns(columns, source.nulls)
    return object_of(
        entries if own is None else with_own(own, column_of(source, "properties"), entries, source.nulls)
    )
