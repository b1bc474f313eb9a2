"""Lines of raw files as frames of strings, one column for each field of their source; it refuses to judge what they say."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from tables.json_lines import fields_of
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
    """`lines` (text, and the columns `kept`) as a column of text for each field; a line with more or fewer values than the header has names is in `malformed_line`."""
    schema = ", ".join(f"c{n} string" for n in range(len(names))) + f", {MALFORMED} string"
    options = {
        "sep": source.delimiter,
        "escape": '"',
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
    }
    parsed = lines.select(*kept, F.from_csv("text", schema, options).alias("line"))
    fields = {field: names.index(column_of(source, field)) for field in source.fields}
    return parsed.select(
        *kept,
        *[F.col(f"line.c{position}").alias(field) for field, position in fields.items()],
        F.col(f"line.{MALFORMED}").alias(MALFORMED),
    )
