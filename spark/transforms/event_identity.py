"""The name of an event: a digest of its five fields, the same in every run and on every engine; it refuses random or positional ids."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

IDENTIFYING = ("event_ms", "visitor_id", "event_type", "item_id", "transaction_id")


def event_id() -> Column:
    """Hex SHA-256 of `timestamp|visitor|event|item|transaction`, NULL as empty, `\\` and `|` inside text escaped (docs/contract.md §2), from columns named as in IDENTIFYING."""
    return F.sha2(F.concat_ws("|", *[_written(name) for name in IDENTIFYING]), 256)


def _written(name: str) -> Column:
    text = F.coalesce(F.col(name).cast("string"), F.lit(""))
    if name == "event_ms":
        return text
    return F.replace(F.replace(text, F.lit("\\"), F.lit("\\\\")), F.lit("|"), F.lit("\\|"))
