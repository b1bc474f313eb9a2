"""The fields that only some sources have, as one column on the way: NULL, and so next to nothing, for events without any; it refuses to be stored so."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from tables.more_fields import MORE, MORE_SCHEMA


def packed(fields: dict[str, str]) -> Column:
    """One column of the fields that there are, each an expression of SQL; NULL when all of them are."""
    if not fields:
        return F.expr(f"CAST(NULL AS {MORE_SCHEMA.simpleString()})")
    # One text, for building it call by call takes longer than a small day's rows.
    is_any = " OR ".join(f"({field}) IS NOT NULL" for field in fields.values())
    types = {f.name: f.dataType.simpleString() for f in MORE_SCHEMA.fields}
    members = [f"'{name}', CAST({fields.get(name, 'NULL')} AS {types[name]})" for name in MORE]
    return F.expr(f"CASE WHEN {is_any} THEN named_struct({', '.join(members)}) END")


def unpacked() -> Column:
    """All of them as columns again."""
    return F.col("more.*")
