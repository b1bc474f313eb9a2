"""The name of an event: a digest of its fields, the same in every run and on every engine; it refuses random or positional ids."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from transforms.more_fields import MORE

IDENTIFYING = ("event_us", "visitor_id", "event_type", "item_id", "transaction_id")


def event_id() -> Column:
    """Hex SHA-256 of `timestamp|visitor|event|item|transaction` (the time in ms, with `.` and three digits where it is finer), NULL as empty, `\\` and `|` inside text escaped, and `|name=value` for each further field that is there (docs/contract.md §2), from columns named as in IDENTIFYING and `more`."""
    # One text of SQL, for building it call by call takes longer than a small day's rows.
    main = [f"coalesce({_written(name)}, '')" for name in IDENTIFYING]
    more = [f"concat('{name}=', {_written(f'more.{name}')})" for name in MORE]
    return F.expr(f"sha2(concat_ws('|', {', '.join([*main, *more])}), 256)")


def _written(name: str) -> str:
    if name == "event_us":
        finer = f"concat('.', lpad(string({name} % 1000), 3, '0'))"
        return f"concat(string({name} div 1000), CASE WHEN {name} % 1000 = 0 THEN '' ELSE {finer} END)"
    return rf"replace(replace(string({name}), '\\', '\\\\'), '|', '\\|')"
