"""Which rows are one visitor's: parsed rows, raw lines, rows of the lake; it refuses to take an id for another that only begins like it."""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tables.json_lines import fields_of
from tables.raw_events import fields_of_csv
from tables.raw_layouts import Layout
from tables.raw_lines import RawLines
from tables.source import Source, SourceError
from transforms.parsed_events import id_of, text_of

LINE = "whole_line"


def is_visitors(visitor: str) -> Column:
    """Of rows as `parse_events` gives them: the id as it is understood, or, where its source refuses it, as it is written."""
    return F.coalesce(F.col("visitor_id"), F.col("refused.visitorid")).eqNullSafe(visitor)


def is_mentioned(visitor: str) -> Column:
    """Of the same rows: a line that gives no visitor, for it cannot be parsed, and in which the id stands as a word."""
    word = rf"(^|[^\p{{L}}\p{{N}}_.-]){re.escape(visitor)}($|[^\p{{L}}\p{{N}}_.-])"
    is_nobodys = F.coalesce(F.col("visitor_id"), F.col("refused.visitorid")).isNull()
    return F.coalesce(is_nobodys & F.col("refused.malformed_line").rlike(word), F.lit(False))


def is_in_lake(table: str, visitor: str) -> Column:
    return F.col("visitorid" if table == "rejected" else "visitor_id").eqNullSafe(visitor)


def is_others_in_lake(table: str, visitor: str) -> Column:
    """Neither the visitor's, nor a refused row that may be: a source may take `7.0` for `7`."""
    theirs = is_in_lake(table, visitor)
    return (
        ~(theirs | F.coalesce(F.col("visitorid").rlike(rf"^{re.escape(visitor)}[.]0+\z"), F.lit(False)))
        if table == "rejected"
        else ~theirs
    )


def check_erasable(source: Source) -> None:
    if any(path.startswith("item.") for path in source.fields["visitor_id"].paths):
        raise SourceError(
            f"source {source.name}: its visitor is named by an item, so one line may be of several; such lines cannot be erased"
        )


def with_is_visitors(lines: DataFrame, layout: Layout, visitor: str) -> DataFrame:
    """
    `lines` (`value`, as it is written in the file, and other columns) with `is_visitors`. A line is read here by itself and elsewhere with its file: that both find
    the same is proven by reading the file that comes of it.
    """
    source = layout.source
    only = source._replace(fields={"visitor_id": source.fields["visitor_id"]}, items=None)
    kept = lines.select(F.struct(*lines.columns).alias(LINE), "value")
    if source.kind == "csv":
        text = RawLines(source, layout.names, lines).text()
        found = fields_of_csv(kept.select(LINE, text.alias("text")), only, layout.names, (LINE,))
    else:
        found = fields_of(kept, only, "malformed_line", (LINE,))
    as_written = found.withColumn("visitor_id", text_of(source, "visitor_id"))
    id_ = F.coalesce(id_of(source, "visitor_id"), F.col("visitor_id"))
    return as_written.withColumn("is_visitors", id_.eqNullSafe(visitor)).select(f"{LINE}.*", "is_visitors")
