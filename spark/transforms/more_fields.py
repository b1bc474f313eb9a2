"""The fields that only some sources have, as one column on the way: NULL, and so next to nothing, for events without any; it refuses to be stored so."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from tables.more_fields import MORE, MORE_SCHEMA


def packed(fields: dict[str, Column]) -> Column:
    """One column of the fields that there are; NULL when all of them are."""
    if not fields:
        return F.lit(None).cast(MORE_SCHEMA)
    whole = F.struct(
        *[fields.get(f.name, F.lit(None)).cast(f.dataType).alias(f.name) for f in MORE_SCHEMA.fields]
    )
    is_any = reduce(lambda left, right: left | right, [field.isNotNull() for field in fields.values()])
    return F.when(is_any, whole).cast(MORE_SCHEMA)


def unpacked() -> list[Column]:
    return [F.col(f"more.{name}").alias(name) for name in MORE]
