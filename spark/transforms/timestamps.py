"""The instant that a text says, in microseconds, by the unit its source writes; it refuses what is only a part of a time."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# What BigQuery, databases and people write for it besides: ` UTC`, `+0200`, `+02`, no seconds.
LOOSE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?( ?(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?))?\z"
ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[-+][0-9]{2}:[0-9]{2})?\z"

# Further away, in ms, than 64 bits of microseconds reach: still before or after every bound.
MOST_MS = 9_223_372_036_854_775


def instant_us(name: str, unit: str) -> Column:
    """NULL for what is no instant. Finer than a microsecond is cut off; ISO 8601 without a zone is UTC."""
    text = F.col(name)
    if unit == "iso":
        strict = F.unix_micros(F.expr(f"try_cast(`{name}` AS TIMESTAMP)"))
        return F.when(text.rlike(ISO), strict).when(text.rlike(LOOSE), _loose(text))
    if unit == "s":
        seconds = F.when(text.rlike(r"^-?[0-9]{1,12}([.][0-9]{1,9})?\z"), text).cast("decimal(28,9)")
        return F.floor(seconds * 1_000_000).cast("long")
    if unit == "us":
        return F.expr(_integer(name))
    ms = _integer(name)
    # The difference is 0 or NULL: `least` and `greatest` pass over NULL.
    return F.expr(f"least(greatest({ms}, -{MOST_MS}L), {MOST_MS}L) * 1000 + ({ms} - {ms})")


def _integer(name: str) -> str:
    """`8693` and `8693.0` (pandas' nullable integers) are 8693; anything else, or beyond 64 bits, is NULL. The round trip spares most rows the pattern."""
    plain, whole = f"try_cast(`{name}` AS BIGINT)", f"try_cast(substring_index(`{name}`, '.', 1) AS BIGINT)"
    return f"(CASE WHEN string({plain}) = `{name}` THEN {plain} WHEN `{name}` RLIKE '^-?[0-9]{{1,19}}([.]0)?\\\\z' THEN {whole} END)"


def _loose(text: Column) -> Column:
    """Written as ISO 8601 in full: the seconds, then the zone as `Z` or `+hh:mm`."""
    timed = F.regexp_replace(text, r"^(.{11}[0-9]{2}:[0-9]{2})(?!:)", "$1:00")
    zoned = F.regexp_replace(F.regexp_replace(timed, " ?(Z|UTC)$", "Z"), " ?([-+][0-9]{2})$", "$1:00")
    return F.unix_micros(
        F.try_to_timestamp(F.regexp_replace(zoned, " ?([-+][0-9]{2}):?([0-9]{2})$", "$1:$2"))
    )
