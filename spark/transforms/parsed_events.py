"""Raw strings to typed events with a reason where a row is refused (docs/contract.md §2), by the rules of their source; it refuses to guess a value."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tables.raw_lines import PLACE
from tables.source import Source
from transforms.more_fields import packed
from transforms.reconciliation import EXPECTED
from transforms.timestamps import instant_us

EVENT_RANKS = {"view": 0, "addtocart": 1, "checkout": 2, "transaction": 3, "refund": 4}
YEAR_2000_US = 946_684_800_000_000
DAY_US = 86_400_000_000
# What a refused row keeps of itself, by the names it has had since version 1.
REFUSED = {
    "timestamp": "event_ts",
    "visitorid": "visitor_id",
    "event": "event_type",
    "itemid": "item_id",
    "transactionid": "transaction_id",
}
ID = r"^(?=\p{Z}*\P{Z})[^\p{Cntrl}]{1,256}\z"
TEXT = r"^[^\p{Cntrl}]{1,100}\z"
WHOLE = r"^[-+]?[0-9]{1,19}([.]0+)?\z"
DECIMAL = r"^[-+]?[0-9]{1,28}([.][0-9]+)?([eE][-+]?[0-9]{1,2})?\z"
WORDS = (
    "currency", "page", "referrer", "traffic_source", "traffic_medium", "campaign", "device", "country", "properties",
)  # fmt: skip


def parse_events(rows: DataFrame, now_ms: int, source: Source) -> DataFrame:
    """
    event_date, event_us, visitor_id, event_type, item_id, transaction_id, more, file_index, reason (NULL: accepted) and `refused`, raw strings and place of refused rows.
    `rows` has a column of strings for each field of `source`. `now_ms`: later events are in the future. A row without usable time gets the date 1970-01-01.
    The first failing rule names the reason.
    """
    written = rows.select(
        *[text_of(source, name).alias(name) for name in source.fields], "malformed_line", *PLACE
    )
    typed = written.select(
        instant_us("event_ts", str(source.fields["event_ts"].unit)).alias("event_us"),
        *[id_of(source, name).alias(name) for name in ("visitor_id", "item_id", "transaction_id")],
        _event_type(source).alias("event_type"),
        packed(_more(source)).alias("more"),
        F.struct(
            *[
                (F.col(field) if field in source.fields else F.lit(None).cast("string")).alias(name)
                for name, field in REFUSED.items()
            ],
            "malformed_line",
            "block",
            "place",
        ).alias("refused"),
        *[F.col(name).alias(f"_{name}") for name in source.fields if name not in REFUSED.values()],
        "file_index",
    )
    judged = typed.withColumn("reason", _reason(source, now_ms))
    dated = F.col("event_us").between(YEAR_2000_US, now_ms * 1000 + 999)
    return judged.select(
        F.when(dated, F.date_from_unix_date(F.expr(f"int(event_us div {DAY_US})")))
        .otherwise(F.lit("1970-01-01").cast("date"))
        .alias("event_date"),
        "event_us",
        "visitor_id",
        "event_type",
        "item_id",
        "transaction_id",
        "more",
        _repeat_seconds(source).alias("repeat_seconds"),
        "file_index",
        "reason",
        F.when(F.col("reason").isNotNull(), F.col("refused")).alias("refused"),
    )


def text_of(source: Source, name: str) -> Column:
    """The text of a field; NULL for what the source writes for nothing."""
    text = F.trim(F.col(name)) if source.is_trimmed else F.col(name)
    if source.nulls == ("",):
        return F.nullif(text, F.lit(""))
    return F.when(~text.isin(*source.nulls), text) if source.nulls else text


def id_of(source: Source, name: str) -> Column:
    """An id as it is written (`007` is not `7`), where its source's pattern fits; `7.0`, as pandas writes nullable integers, is `7` where the source says so."""
    if name not in source.fields:
        return F.lit(None).cast("string")
    field, text = source.fields[name], F.col(name)
    pattern = ID if field.pattern is None else f"^(?:{field.pattern})\\z"
    id_ = F.when(text.rlike(pattern), text)
    if not field.is_whole:
        return id_
    whole = F.substring_index(text, ".", 1)
    return F.coalesce(id_, F.when(text.endswith(".0") & whole.rlike(pattern), whole))


def _event_type(source: Source) -> Column:
    """The contract's word for a name that has a meaning; any other name as it is, unless it is one of these words and so would be taken for what it is not."""
    name = F.col("event_type")
    known = [F.when(name == theirs, F.lit(ours)) for theirs, ours in source.events.items()]
    if source.are_others_kept:
        known.append(F.when(name.rlike(TEXT) & ~name.isin(*EVENT_RANKS), name))
    return F.coalesce(*known, F.lit(None).cast("string"))


def _repeat_seconds(source: Source) -> Column:
    """How soon the same order is no second one; NULL for what cannot be one."""
    is_of = F.col("event_type").isin(*source.repeat_events) & F.col("transaction_id").isNotNull()
    return F.when(is_of, F.lit(source.repeat_seconds)) if source.repeat_events else F.lit(None).cast("int")


def _more(source: Source) -> dict[str, str]:
    there = source.fields
    found = {name: f"`{name}`" for name in WORDS if name in there}
    if "quantity" in there:
        whole = "try_cast(substring_index(quantity, '.', 1) AS BIGINT)"
        found["quantity"] = f"CASE WHEN {_fits('quantity', WHOLE)} THEN {whole} END"
    worth = [_decimal(name) for name in ("value",) if name in there]
    if "price" in there:
        quantity = f"coalesce(CAST({found.get('quantity', 'NULL')} AS DECIMAL(10,0)), 1)"
        worth.append(f"CAST({_decimal('price')} * {quantity} AS DECIMAL(38,9))")
    if "event_value" in there:
        # The worth of the whole event belongs to no single one of its items.
        is_whole = "item_id IS NULL" if source.items else "true"
        worth.append(f"CASE WHEN {is_whole} THEN {_decimal('event_value')} END")
    if worth:
        found["value"] = f"coalesce({', '.join(worth)})"
    return found


def _decimal(name: str) -> str:
    return f"CASE WHEN {_fits(name, DECIMAL)} THEN try_cast({name} AS DECIMAL(38,9)) END"


def _fits(name: str, pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\")
    return f"{name} RLIKE '{escaped}'"


def _reason(source: Source, now_ms: int) -> Column:
    is_purchase = F.col("event_type") == "transaction"
    unit = source.fields["event_ts"].unit
    rules = [
        (
            "field_count" if source.kind == "csv" else "line_not_json",
            F.col("refused.malformed_line").isNotNull(),
        ),
        ("timestamp_unreadable" if unit == "iso" else "timestamp_not_integer", F.col("event_us").isNull()),
        ("timestamp_before_2000", F.col("event_us") < YEAR_2000_US),
        ("timestamp_in_future", F.col("event_us") > now_ms * 1000 + 999),
        *_id_rules(source, "visitor_id", "visitorid"),
        ("event_unknown", F.col("event_type").isNull()),
        *_id_rules(source, "item_id", "itemid"),
        *_id_rules(source, "transaction_id", "transactionid"),
    ]
    if source.order_id != "any":
        rules.append(("transactionid_missing", is_purchase & F.col("transaction_id").isNull()))
    if source.order_id == "exactly_purchases":
        rules.append(("transactionid_unexpected", ~is_purchase & F.col("transaction_id").isNotNull()))
    for name in ("quantity", "value", "price", "event_value"):
        if name in source.fields:
            read = (
                F.col("more.quantity")
                if name == "quantity"
                else F.when(F.col(f"_{name}").rlike(DECIMAL), F.lit(1))
            )
            rules.append((f"{name}_not_number", F.col(f"_{name}").isNotNull() & read.isNull()))
    for name in WORDS:
        if name in source.fields and source.fields[name].pattern is not None:
            fits = F.col(f"_{name}").rlike(f"^(?:{source.fields[name].pattern})\\z")
            rules.append((source.fields[name].reason or f"{name}_malformed", ~fits))
    return F.coalesce(
        *[
            F.when(failed, F.lit(f"{EXPECTED if code in source.expected else ''}{code}"))
            for code, failed in rules
        ]
    )


def _id_rules(source: Source, name: str, short: str) -> list[tuple[str, Column]]:
    if name not in source.fields:
        return []
    field, is_null = source.fields[name], F.col(name).isNull()
    reason = field.reason or f"{short}_malformed"
    if field.is_required:
        missing = [] if field.reason else [(f"{short}_missing", F.col(f"refused.{short}").isNull())]
        return [*missing, (reason, is_null)]
    return [(reason, F.col(f"refused.{short}").isNotNull() & is_null)]
