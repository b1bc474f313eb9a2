"""The instant that a text says, in milliseconds, by the unit its source writes; it refuses what is only a part of a time."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[-+][0-9]{2}:[0-9]{2})?\z"


def instant_ms(name: str, unit: str) -> Column:
    """NULL for what is no instant. Finer than a millisecond is cut off; ISO 8601 without a zone is UTC."""
    text = F.col(name)
    if unit == "iso":
        return F.when(text.rlike(ISO), F.unix_millis(F.expr(f"try_cast(`{name}` AS TIMESTAMP)")))
    if unit == "s":
        seconds = F.when(text.rlike(r"^-?[0-9]{1,12}([.][0-9]{1,9})?\z"), text).cast("decimal(28,9)")
        return F.floor(seconds * 1000).cast("long")
    return F.expr(f"{_integer(name)} div 1000") if unit == "us" else F.expr(_integer(name))


def _integer(name: str) -> str:
    """`8693` and `8693.0` (pandas' nullable integers) are 8693; anything else, or beyond 64 bits, is NULL. The round trip spares most rows the pattern."""
    plain, whole = f"try_cast(`{name}` AS BIGINT)", f"try_cast(substring_index(`{name}`, '.', 1) AS BIGINT)"
    return f"(CASE WHEN string({plain}) = `{name}` THEN {plain} WHEN `{name}` RLIKE '^-?[0-9]{{1,19}}([.]0)?\\\\z' THEN {whole} END)"
