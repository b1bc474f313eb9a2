"""From counted fates to the numbers a person checks: raw = clean + rejected + duplicates + quarantined; plain values in, plain values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

# What the reason of a row begins with that its source expects to refuse.
EXPECTED = "expected_"
FATES = ("clean", "rejected", "duplicates", "quarantined", "outside_window")


class Fate(NamedTuple):
    file_index: int
    event_date: date
    fate: str
    reason: str | None
    rows: int
    first_ms: int | None = None


def summarize(
    fates: Iterable[Fate], raw_rows: dict[int, int], file_names: list[str], only: set[int] | None = None
) -> dict[str, Any]:
    """Counts in total, by reason and per file (of the files `only`, by place). `raw_rows` is counted apart from the fates, else the check would prove nothing."""
    by_file: dict[int, Counter[str]] = {index: Counter() for index in range(len(file_names))}
    reasons: Counter[str] = Counter()
    repeats = 0
    for row in fates:
        if only is not None and row.file_index not in only:
            continue
        by_file[row.file_index][row.fate] += row.rows
        if row.fate == "rejected":
            reasons[str(row.reason)] += row.rows
        elif row.reason is not None and row.fate == "duplicates":
            repeats += row.rows
    files = [
        {"file": name, "raw": raw_rows.get(i, 0), **{fate: by_file[i][fate] for fate in FATES}}
        for i, name in enumerate(file_names)
        if only is None or i in only
    ]
    totals = {key: sum(int(f[key]) for f in files) for key in ("raw", *FATES)}
    return {**totals, "repeats": repeats, "reasons": dict(sorted(reasons.items())), "files": files}


class Survey(NamedTuple):
    """One file before it is judged: its rows by day, its rows, how many are refused that its source does not expect, why any are, and when the first future row is past."""

    days: dict[date, int]
    rows: int
    rejected: int
    reasons: dict[str, int]
    again_ms: int | None


def survey_files(fates: Iterable[Fate], count: int) -> list[Survey]:
    by_file: list[list[Fate]] = [[] for _ in range(count)]
    for row in fates:
        by_file[row.file_index].append(row)
    surveys = []
    for rows in by_file:
        reasons: Counter[str] = Counter()
        for row in rows:
            if row.reason is not None and row.fate == "rejected":
                reasons[row.reason] += row.rows
        total = sum(row.rows for row in rows)
        rejected = sum(n for reason, n in reasons.items() if not reason.startswith(EXPECTED))
        surveys.append(Survey(_by_day(rows), total, rejected, dict(reasons), _again_ms(rows)))
    return surveys


def _by_day(rows: list[Fate]) -> dict[date, int]:
    days: Counter[date] = Counter()
    for row in rows:
        days[row.event_date] += row.rows
    return dict(days)


def rows_by_day(fates: Iterable[Fate], count: int) -> list[tuple[dict[str, dict[str, int]], int | None]]:
    """Of each file the rows by day and fate (those with a reason by it as well: `rejected/<reason>`), days outside the window left out, and when its first future row is past."""
    by_file: list[list[Fate]] = [[] for _ in range(count)]
    for row in fates:
        by_file[row.file_index].append(row)
    noted = []
    for rows in by_file:
        days: dict[str, Counter[str]] = {}
        for row in rows:
            if row.fate != "outside_window":
                counted = days.setdefault(row.event_date.isoformat(), Counter())
                counted[row.fate] += row.rows
                if row.reason is not None:
                    counted[f"{row.fate}/{row.reason}"] += row.rows
        noted.append(({day: dict(n) for day, n in days.items()}, _again_ms(rows)))
    return noted


def late_rows(fates: Iterable[Fate], computed: set[date], fresh: set[int]) -> int:
    """Accepted rows of new files whose day was computed before."""
    return sum(
        row.rows
        for row in fates
        if row.fate == "clean" and row.file_index in fresh and row.event_date in computed
    )


def days_above(fates: Iterable[Fate], most: int) -> set[date]:
    """Days with more than `most` accepted events: on others no visitor can have so many."""
    rows: Counter[date] = Counter()
    for row in fates:
        if row.fate == "clean":
            rows[row.event_date] += row.rows
    return {day for day, number in rows.items() if number > most}


def days_behind(with_events: set[date], now_ms: int) -> int | None:
    """Whole days (UTC) that are over and newer than the newest day with an accepted event; None without any."""
    if not with_events:
        return None
    today = datetime.fromtimestamp(now_ms / 1000, timezone.utc).date()
    return max(0, (today - max(with_events)).days - 1)


def _again_ms(rows: list[Fate]) -> int | None:
    return min(
        (row.first_ms for row in rows if row.reason == "timestamp_in_future" and row.first_ms is not None),
        default=None,
    )
