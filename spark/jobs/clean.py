"""Batch: raw files of any source to the lake's clean, rejected and quarantined days, reconciled; it refuses to write when the counts do not add up."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date, datetime, timezone
from typing import NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tables.arguments import batch_arguments, window_of
from tables.arrivals import Arrivals, Days, Known, note_begin, note_end, read_arrivals
from tables.clean_events import clean_days, write_clean_events, write_quarantined_events
from tables.file_counts import read_file_counts, write_file_counts
from tables.lake import UNDATED, days_between
from tables.lake_version import check_lake_version
from tables.metrics import check_reconciles, write_metrics, write_quarantine
from tables.parsed_files import parse_lines
from tables.raw_files import RawFile, find_broken_files, find_raw_files
from tables.raw_layouts import Layout, UnreadableHeader, json_events, read_layouts
from tables.raw_lines import (
    RawLines,
    count_raw_rows,
    kept_on_disk,
    let_go,
    numbered_anew,
    read_raw_lines,
)
from tables.rejected_events import write_rejected_events
from tables.source import Source
from tables.source_files import SOURCE_HELP, source_or_none, sources_of
from tables.spark_session import open_spark_session
from transforms.judged_events import (
    clean_events,
    count_fates,
    crowds_of,
    judge_events,
    parts_of,
    rejected_events,
    told_apart,
    without_crowds,
)
from transforms.reconciliation import (
    FATES,
    Fate,
    Survey,
    days_above,
    days_behind,
    late_rows,
    rows_by_day,
    summarize,
    survey_files,
)

MAX_EVENTS_PER_VISITOR_DAY = 100_000
# Beyond so many bytes of new files it pays to look first how large their days are.
LARGE_BYTES = 256 << 20


class Scope(NamedTuple):
    """What a run reads and writes. `days` None: the whole table. `day_rows`: how many rows of each day, as far as it was looked for. `looked_over`: files whose `lines` were read for that."""

    fresh: list[RawFile]
    read: list[RawFile]
    days: set[date] | None
    gone: set[str]
    quarantined: dict[str, Known]
    day_rows: dict[date, int]
    looked_over: list[RawFile]
    lines: list[RawLines]


def parse_args() -> argparse.Namespace:
    parser = batch_arguments("Clean raw clickstream files into the lake.")
    parser.add_argument(
        "--raw",
        required=True,
        help="folder with files of events (.csv, .ndjson, .jsonl, .json of events, each .gz too; .parquet, .avro), or one such file",
    )
    parser.add_argument(
        "--source",
        type=source_or_none,
        help=SOURCE_HELP,
    )
    parser.add_argument(
        "--now",
        type=datetime.fromisoformat,
        default=datetime.now(timezone.utc),
        help="instant after which an event is in the future",
    )
    parser.add_argument(
        "--max-rejected-share",
        type=_share,
        help="a file of which more is rejected is left out whole and named: 0 to 1, or `source` for what its source says; without it nothing is left out",
    )
    parser.add_argument(
        "--max-events-per-visitor-day",
        type=_events,
        default=MAX_EVENTS_PER_VISITOR_DAY,
        help=f"a visitor's events of a day beyond so many go to the lake's quarantined/; {MAX_EVENTS_PER_VISITOR_DAY} when not given",
    )
    arguments = parser.parse_args()
    arguments.days = window_of(parser, arguments)
    arguments.now_ms = int(
        arguments.now.replace(tzinfo=arguments.now.tzinfo or timezone.utc).timestamp() * 1000
    )
    return arguments


def choose(
    spark: SparkSession,
    files: list[RawFile],
    arrivals: Arrivals,
    arguments: argparse.Namespace,
    layouts: dict[str, Layout | UnreadableHeader | None],
    sources: list[Source],
) -> Scope:
    """New and changed files, the days they touch (also by what they held before), and all other files that hold rows of these days."""
    is_full = arguments.days is None and (not arguments.new or not arrivals.is_whole)
    fresh = files if is_full else [f for f in files if arrivals.is_new(f, arguments.now_ms)]
    gone = set() if is_full else arrivals.gone(files)
    if gone and len(gone) == len(arrivals.known):
        raise ValueError(
            f"reading {arguments.raw}: none of the {len(gone)} files cleaned before is there, as with a wrong --raw; "
            "run clean without --new, --from and --to to start over with what is there"
        )
    limit, quarantined, days = (
        arguments.max_rejected_share,
        {},
        None if arguments.days is None else days_between(*arguments.days),
    )
    layouts.update(zip([file.name for file in fresh], read_layouts(spark, fresh, sources)))
    if limit is not None:
        for file in fresh:
            layout = layouts[file.name]
            if isinstance(layout, UnreadableHeader):
                quarantined[file.name] = Known(file.size, file.changed_ms, {}, None, {layout.code: 1})
    kept = [file for file in fresh if file.name not in quarantined]
    held: dict[str, dict[date, int]] = {}
    looked_over, lines = list[RawFile](), list[RawLines]()
    is_large = sum(file.size for file in kept) > LARGE_BYTES
    if kept and (limit is not None or is_large or (arguments.new and not is_full)):
        lines = kept_on_disk(read_raw_lines(spark, kept, layouts))
        try:
            surveys = survey(spark, lines, len(kept), arguments.now_ms)
        except Py4JJavaError:
            let_go(lines)
            broken = find_broken_files(spark, kept) if limit is not None else set()
            if not broken:
                raise
            quarantined |= {
                file.name: Known(file.size, file.changed_ms, {}, None, {"file_unreadable": 1})
                for file in kept
                if file.name in broken
            }
            kept = [file for file in kept if file.name not in broken]
            lines = kept_on_disk(read_raw_lines(spark, kept, layouts))
            surveys = survey(spark, lines, len(kept), arguments.now_ms)
        looked_over = kept
        for file, found in zip(kept, surveys):
            if limit is not None and found.rejected > limit_of(limit, layouts[file.name]) * found.rows:
                quarantined[file.name] = Known(
                    file.size,
                    file.changed_ms,
                    {},
                    found.again_ms,
                    {**found.reasons, "rows": found.rows},
                )
            else:
                held[file.name] = found.days
        kept = [file for file in kept if file.name not in quarantined]
    day_rows = Counter[date]()
    for found_days in held.values():
        day_rows.update(found_days)
    if is_full:
        return Scope(fresh, kept, None, set(), quarantined, day_rows, looked_over, lines)
    if days is None:
        old = [
            arrivals.known[name].dates()
            for name in {*(f.name for f in fresh), *gone}
            if name in arrivals.known
        ]
        days = set().union(arrivals.unfinished, *held.values(), *old) - {UNDATED}
    names = {file.name for file in fresh}
    also = [f for f in files if f.name not in names and arrivals.known[f.name].dates() & days]
    layouts.update(zip([file.name for file in also], read_layouts(spark, also, sources)))
    read = sorted([*kept, *also], key=lambda file: file.uri)
    for file in also:
        for day, by_fate in arrivals.known[file.name].days.items():
            day_rows[date.fromisoformat(day)] += sum(by_fate.get(fate, 0) for fate in FATES)
    return Scope(fresh, read, days, gone, quarantined, day_rows, looked_over, lines)


def limit_of(limit: float | str, layout: Layout | UnreadableHeader | None) -> float:
    if limit != "source":
        return float(limit)
    return layout.source.max_rejected_share if isinstance(layout, Layout) else 1.0


def survey(spark: SparkSession, lines: list[RawLines], number_of_files: int, now_ms: int) -> list[Survey]:
    parsed = parse_lines(spark, lines, now_ms)
    fate = F.when(F.col("reason").isNull(), F.lit("clean")).otherwise(F.lit("rejected"))
    return survey_files(fates_of(parsed.withColumn("fate", fate)), number_of_files)


def fates_of(rows: DataFrame) -> list[Fate]:
    return [Fate(*row) for row in count_fates(rows).collect()]


def main() -> None:
    arguments = parse_args()
    spark, lake, is_window = open_spark_session("clean"), arguments.lake, arguments.days is not None
    check_lake_version(spark, lake, "clean", not is_window and not arguments.new)
    sources = sources_of(spark, arguments.source)
    arrivals, layouts = read_arrivals(spark, lake), {}
    events_of = json_events(spark, sources, arguments.source is not None, arrivals.known)
    files, ignored = find_raw_files(spark, arguments.raw, events_of)
    scope = choose(spark, files, arrivals, arguments, layouts, sources)
    names = [file.name for file in scope.read]

    looked_over = {file.name for file in scope.looked_over}
    rest = kept_on_disk(read_raw_lines(spark, scope.read, layouts, looked_over))
    lines = [*numbered_anew(scope.lines, scope.looked_over, scope.read), *rest]
    parsed = parse_lines(spark, lines, arguments.now_ms)
    repeats = {group.source.repeat_seconds for group in lines} - {0}
    parts = parts_of(scope.day_rows, spark.sparkContext.defaultParallelism)
    judged = judge_events(parsed, scope.days, repeats, parts).persist(StorageLevel.MEMORY_AND_DISK)
    fates = fates_of(told_apart(judged))
    most = arguments.max_events_per_visitor_day
    full_days = days_above(fates, most)
    crowds = crowds_of(judged, most, full_days) if full_days else []
    if crowds:
        judged = without_crowds(judged, crowds)
        fates = fates_of(told_apart(judged))
    counted = count_raw_rows(lines, len(names))
    let_go([*scope.lines, *rest])
    everything = summarize(fates, counted.rows, names)
    for file in [everything, *everything["files"]]:
        check_reconciles(file, file.get("file", "all files"))
    fresh = {file.name for file in scope.fresh}
    first_read = {i for i, name in enumerate(names) if name in fresh}
    counts = summarize(fates, counted.rows, names, only=first_read)

    before = clean_days(spark, lake)
    if arguments.new:
        empty = before & scope.days if scope.days is not None else set()
    else:
        empty = scope.days or set()
    if scope.days is None or scope.days or scope.gone or scope.fresh:
        note_begin(spark, lake, before if scope.days is None else scope.days, scope.days is None)
        there = {row.fate for row in fates}
        _, days = write_clean_events(clean_events(judged), lake, scope.days, empty, "clean" not in there)
        changed = {*days, *before} if scope.days is None else scope.days & {*days, *before, *empty}
        others = {file.name for file in files} - {*names, *fresh}
        unread = sorted(name for name in others if UNDATED.isoformat() in arrivals.known[name].days)
        write_quarantined_events(
            clean_events(judged, "quarantined"), lake, scope.days, "quarantined" not in there
        )
        rejected = rejected_events(judged, names, counted.line)
        write_rejected_events(rejected, lake, scope.days, unread, "rejected" not in there)
        by_day, kept = rows_by_day(fates, len(names)), {} if scope.days is None else arrivals.known
        if is_window:
            # It takes only its days of a new file: to the ledger the file is still new.
            known, gone, left = {}, set(), sorted(fresh - set(scope.quarantined))
            noted = window_counts(read_file_counts(spark, lake), names, by_day, scope.days or set())
        else:
            known, gone, left = note_files(scope, arrivals, by_day, before), scope.gone, []
            noted = {name: file.days for name, file in {**kept, **known}.items()}
        write_file_counts(spark, lake, {n: days for n, days in noted.items() if n not in scope.gone}, left)
        note_end(spark, lake, arrivals, known, gone, scope.days, changed)
        quarantined = {**kept, **known, **scope.quarantined}
        here = {file.name for file in files}
        write_quarantine(
            spark, lake, {n: k.quarantined for n, k in quarantined.items() if k.quarantined and n in here}
        )
    else:
        changed, days = set(), []
        noted = {name: file.days for name, file in arrivals.known.items()}
        write_file_counts(spark, lake, noted, [])
    # A day that is there but has no event any more is behind too.
    with_events = {
        date.fromisoformat(day)
        for name, by_date in noted.items()
        for day, n in by_date.items()
        if n.get("clean") and name not in scope.gone
    }
    window = [day.isoformat() for day in arguments.days] if is_window else None
    write_metrics(
        spark,
        lake,
        "clean",
        {
            "window": window,
            "days": len(days),
            **{key: value for key, value in counts.items() if key != "files"},
            "late_rows": late_rows(fates, before, first_read),
            "new_files": len(scope.fresh),
            "unprocessed_files": len(scope.fresh) if is_window else 0,
            "days_behind": days_behind(with_events, arguments.now_ms),
            "gone_files": len(scope.gone),
            "sources": dict(
                Counter(
                    layout.source.name for layout in map(layouts.get, names) if isinstance(layout, Layout)
                )
            ),
            "read_again": len(names) - len(counts["files"]),
            "changed_days": sorted(day.isoformat() for day in changed),
            "quarantined_files": {name: known.quarantined for name, known in scope.quarantined.items()},
            "files": counts["files"][:100],
            "ignored_files": ignored[:100],
        },
    )


def note_files(
    scope: Scope, arrivals: Arrivals, by_day: list[tuple[dict, int | None]], before: set[date]
) -> dict[str, Known]:
    """Fresh files as they are now; of a file read again for some days, these days. Rows of a file never seen are late when their day was computed `before`."""
    fresh, known = {file.name for file in scope.fresh}, dict(scope.quarantined)
    for file, (days, again_ms) in zip(scope.read, by_day):
        if file.name not in fresh:
            touched = {day.isoformat() for day in scope.days or ()}
            old = arrivals.known[file.name]
            late = {day: {"late": n["late"]} for day, n in old.days.items() if n.get("late")}
            days = {
                **{day: n for day, n in old.days.items() if day not in touched},
                **{d: {**n, **late.get(d, {})} for d, n in days.items() if d in touched},
            }
            again_ms = old.again_ms
        elif file.name not in arrivals.known and scope.days is not None:
            computed = {day.isoformat() for day in before}
            days = {d: {**n, "late": n.get("clean", 0)} if d in computed else n for d, n in days.items()}
        known[file.name] = Known(file.size, file.changed_ms, days, again_ms)
    return known


def window_counts(
    before: dict[str, Days], names: list[str], by_day: list[tuple[dict, int | None]], days: set[date]
) -> dict[str, Days]:
    """Counts by file and day after a run for some days: these days anew, and the rest as it was."""
    touched = {day.isoformat() for day in days}
    counts = {n: {d: c for d, c in old.items() if d not in touched} for n, old in before.items()}
    for name, (found, _) in zip(names, by_day):
        counts[name] = {**counts.get(name, {}), **found}
    return counts


def _events(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {text}")
    return number


def _share(text: str) -> float | str:
    if text == "source":
        return text
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, or source; got {text}")
    return share


if __name__ == "__main__":
    main()
