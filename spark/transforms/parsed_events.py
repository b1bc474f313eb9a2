"""Raw strings to typed events with a reason where a row is refused (docs/contract.md §2); it refuses to guess a value."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

EVENT_RANKS = {"view": 0, "addtocart": 1, "transaction": 2}
YEAR_2000_MS = 946_684_800_000
DAY_MS = 86_400_000
FIELDS = ("timestamp", "visitorid", "event", "itemid", "transactionid")


def parse_events(rows: DataFrame, now_ms: int) -> DataFrame:
    """
    event_date, event_ms, visitor_id, event_type, item_id, transaction_id, file_index, reason (NULL: accepted) and `refused`, the raw strings of refused rows.
    `now_ms`: later events are in the future. A row without usable time gets the date 1970-01-01. The first failing rule names the reason.
    """
    typed = rows.select(
        *[F.nullif(F.col(name), F.lit("")).alias(name) for name in FIELDS],
        _integer("timestamp").alias("event_ms"),
        _digits("visitorid").alias("visitor_id"),
        _digits("itemid").alias("item_id"),
        _digits("transactionid").alias("transaction_id"),
        "malformed_line",
        "file_index",
    )
    judged = typed.withColumn("reason", _reason(now_ms))
    dated = F.col("event_ms").between(YEAR_2000_MS, now_ms)
    return judged.select(
        F.when(dated, F.date_from_unix_date(F.expr(f"int(event_ms div {DAY_MS})")))
        .otherwise(F.lit("1970-01-01").cast("date"))
        .alias("event_date"),
        "event_ms",
        "visitor_id",
        F.col("event").alias("event_type"),
        "item_id",
        "transaction_id",
        "file_index",
        "reason",
        F.when(F.col("reason").isNotNull(), F.struct(*FIELDS, "malformed_line")).alias("refused"),
    )


def _integer(name: str) -> Column:
    """`8693` and `8693.0` (pandas' nullable integers) are 8693; anything else, or beyond 64 bits, is NULL. The round trip spares most rows the pattern."""
    plain, whole = f"try_cast(`{name}` AS BIGINT)", f"try_cast(substring_index(`{name}`, '.', 1) AS BIGINT)"
    return F.expr(
        f"CASE WHEN string({plain}) = `{name}` THEN {plain} WHEN `{name}` RLIKE '^-?[0-9]{{1,19}}([.]0)?$' THEN {whole} END"
    )


def _digits(name: str) -> Column:
    """An id as it is written, digits only (`007` is not `7`); a pandas integer `8693.0` is `8693`; anything else, a sign too, is NULL."""
    return F.expr(
        f"CASE WHEN `{name}` RLIKE '^[0-9]{{1,64}}$' THEN `{name}` WHEN `{name}` RLIKE '^[0-9]{{1,64}}[.]0$' THEN substring_index(`{name}`, '.', 1) END"
    )


def _reason(now_ms: int) -> Column:
    is_transaction = F.col("event") == "transaction"
    rules = (
        ("field_count", F.col("malformed_line").isNotNull()),
        ("timestamp_not_integer", F.col("event_ms").isNull()),
        ("timestamp_before_2000", F.col("event_ms") < YEAR_2000_MS),
        ("timestamp_in_future", F.col("event_ms") > now_ms),
        ("visitorid_not_digits", F.col("visitor_id").isNull()),
        ("event_unknown", ~F.coalesce(F.col("event").isin(*EVENT_RANKS), F.lit(False))),
        ("itemid_not_digits", F.col("item_id").isNull()),
        ("transactionid_not_digits", F.col("transactionid").isNotNull() & F.col("transaction_id").isNull()),
        ("transactionid_missing", is_transaction & F.col("transaction_id").isNull()),
        ("transactionid_unexpected", ~is_transaction & F.col("transaction_id").isNotNull()),
    )
    return F.coalesce(*[F.when(failed, F.lit(code)) for code, failed in rules])
