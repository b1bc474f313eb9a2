"""From counted fates to the numbers a person checks: raw = clean + rejected + duplicates; plain values in, plain values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

FATES = ("clean", "rejected", "duplicates", "outside_window")


class Fate(NamedTuple):
    file_index: int
    event_date: date
    fate: str
    reason: str | None
    rows: int


def summarize(fates: Iterable[Fate], raw_rows: dict[int, int], file_names: list[str]) -> dict[str, Any]:
    """Counts in total, by reason and per file. `raw_rows` is counted apart from the fates, else the check would prove nothing."""
    by_file: dict[int, Counter[str]] = {index: Counter() for index in range(len(file_names))}
    reasons: Counter[str] = Counter()
    for row in fates:
        by_file[row.file_index][row.fate] += row.rows
        if row.fate == "rejected":
            reasons[str(row.reason)] += row.rows
    files = [
        {"file": name, "raw": raw_rows.get(i, 0), **{fate: by_file[i][fate] for fate in FATES}}
        for i, name in enumerate(file_names)
    ]
    totals = {key: sum(int(f[key]) for f in files) for key in ("raw", *FATES)}
    return {**totals, "reasons": dict(sorted(reasons.items())), "files": files}
