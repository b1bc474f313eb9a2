"""Batch: one visitor out of the raw files, dry first, and the proof that nothing of it is left (docs/erase-visitor.md); it refuses to call erased what it could not read."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import Any

from pyspark.sql import SparkSession

from tables.arguments import lake_folder
from tables.arrivals import Arrivals, note_begin, note_rewritten, read_arrivals
from tables.erasure import Ready, State, folder, forget, new_state, put_in_place, read_state, write_state
from tables.lake import UNDATED
from tables.lake_version import check_lake_version
from tables.raw_files import RawFile, find_raw_files
from tables.raw_layouts import PACKED, Layout, json_events, read_layouts
from tables.rewritten_files import rewrite_without
from tables.rewritten_packed import rewrite_packed_without
from tables.source_files import SOURCE_HELP, source_or_none, sources_of
from tables.spark_session import open_spark_session
from tables.visitor_traces import Found, digests, figures, look
from transforms.visitor_rows import check_erasable, with_is_visitors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Erase one visitor from the raw files.", allow_abbrev=False)
    parser.add_argument("--raw", required=True, help="as for clean")
    parser.add_argument("--lake", required=True, type=lake_folder, help="as for clean")
    parser.add_argument("--source", type=source_or_none, help=SOURCE_HELP)
    parser.add_argument(
        "--visitor", required=True, type=_id, help="the id, whole and as it is written: 007 is not 7"
    )
    parser.add_argument(
        "--mode",
        choices=("count", "erase", "prove"),
        default="count",
        help="count (when not given): say what is there and change nothing; erase: rewrite the raw files, whose days clean and sessionize --days new then compute anew; prove: read everything again, and fail unless nothing is left and all other rows are the same",
    )
    return parser.parse_args()


def prepare(
    spark: SparkSession, files: list[RawFile], layouts: dict, found: Found, lake: str, visitor: str
) -> dict[str, Ready]:
    """Every file that holds the visitor, rewritten beside; proven by the readers of clean before anything is replaced."""
    ready = {}
    for number, file in enumerate(file for file in files if file.name in found.files):
        layout = layouts[file.name]
        target = f"{folder(lake)}/{number}/{file.name.rsplit('/', 1)[1]}"
        rewrite = rewrite_packed_without if layout.kind in PACKED else rewrite_without
        beside = rewrite(
            spark, file, layout, target, lambda lines, layout=layout: with_is_visitors(lines, layout, visitor)
        )
        before, after = (figures(spark, one, layout, visitor) for one in (file, beside))
        if after != (0, *before[1:]) or before[0] != sum(found.files[file.name].values()):
            raise ArithmeticError(
                f"erasing from {file.name}: {before[0]} rows of the visitor and {before[1]} of others became {after[0]} and {after[1]}, or these are others; nothing was replaced"
            )
        ready[file.name] = Ready(
            target, file.size, file.changed_ms, beside.size, UNDATED in found.files[file.name]
        )
    return ready


def finish(spark: SparkSession, lake: str, state: State, arrivals: Arrivals) -> State:
    """Puts the rewritten files in place. First their days are noted as begun: whatever happens from here on, the next run of clean computes them."""
    days = {date.fromisoformat(day) for day in state.before} - {UNDATED}
    note_begin(spark, lake, days, False)
    rewritten, known = {}, arrivals.known
    for name, ready in state.ready.items():
        now = put_in_place(spark, name, ready)
        before = known.get(name)
        if before is not None and (before.size, before.changed_ms) == (ready.size, ready.changed_ms):
            renewed = before._replace(size=now.size, changed_ms=now.changed_ms)
            known = {**known, name: renewed}
            # Rows without a time are in no day: clean takes such a file as changed, and so does one that is left out.
            if not ready.is_read_again and before.quarantined is None:
                rewritten[name] = renewed
    note_rewritten(spark, lake, rewritten)
    held = {
        day: sorted([n, k.size, k.changed_ms] for n, k in known.items() if day in k.days)
        for day in state.before
    }
    # What was noted first stays: a file that came after it makes its day another one.
    state = state._replace(ready={}, files={**held, **state.files})
    write_state(spark, lake, state)
    return state


def erase(spark: SparkSession, arguments: argparse.Namespace) -> dict[str, Any]:
    lake, visitor = arguments.lake, arguments.visitor
    state = read_state(spark, lake, visitor)
    if state is not None and state.ready:
        state = finish(spark, lake, state, read_arrivals(spark, lake))
    files, layouts = files_of(spark, arguments)
    found = look(spark, files, layouts, lake, visitor)
    if found.days():
        state = state or new_state(visitor)
        more = found.days() - {date.fromisoformat(day) for day in state.before}
        state = state._replace(before={**state.before, **digests(spark, lake, more, visitor)})
        write_state(spark, lake, state)
        state = state._replace(ready=prepare(spark, files, layouts, found, lake, visitor))
        write_state(spark, lake, state)
        finish(spark, lake, state, read_arrivals(spark, lake))
    return report(found)


def prove(spark: SparkSession, arguments: argparse.Namespace) -> dict[str, Any]:
    lake, visitor = arguments.lake, arguments.visitor
    state = read_state(spark, lake, visitor)
    files, layouts = files_of(spark, arguments)
    found = look(spark, files, layouts, lake, visitor)
    if found.days():
        raise ValueError(
            f"proving the erasure: {_sum(found.files)} rows of the visitor are in raw files and {_sum(found.lake)} in the lake; erase, then run clean and sessionize with --days new"
        )
    if found.unread:
        raise ValueError(
            f"proving the erasure: nobody can read {', '.join(found.unread[:10])}, so nobody knows whether the visitor is in there; repair or remove these files and prove again"
        )
    said: dict[str, Any] = {"compared_days": 0, "days_not_compared": []}
    if state is not None:
        arrivals = read_arrivals(spark, lake)
        after = digests(spark, lake, {date.fromisoformat(day) for day in state.before}, visitor)
        for day in sorted(state.before):
            if after[day] == state.before[day]:
                said["compared_days"] += 1
            elif _is_as_it_was(arrivals, state.files.get(day, []), day):
                raise ArithmeticError(
                    f"proving the erasure: rows of other visitors on {day} are not what they were: {after[day]}, before {state.before[day]}, and no file of the day changed"
                )
            else:
                said["days_not_compared"].append(day)
        forget(spark, lake)
    return {**report(found), **said}


def _is_as_it_was(arrivals: Arrivals, held: list[list[Any]], day: str) -> bool:
    """No other file brought rows of the day since, and none of those that had some changed."""
    now = {name: [name, known.size, known.changed_ms] for name, known in arrivals.known.items()}
    fresh = [now[name] for name, known in arrivals.known.items() if day in known.days]
    return all(one in held for one in fresh) and all(now.get(one[0]) == one for one in held)


def report(found: Found) -> dict[str, Any]:
    return {
        "raw_rows": _sum(found.files),
        "raw_files": {name: sum(days.values()) for name, days in sorted(found.files.items())[:100]},
        "lake_rows": {table: sum(days.values()) for table, days in found.lake.items()},
        "days": sorted(day.isoformat() for day in found.days()),
        "unread_files": found.unread[:100],
        "lines_to_look_at": dict(sorted(found.mentions.items())[:100]),
    }


def _sum(rows: dict[str, dict[date, int]]) -> int:
    return sum(number for days in rows.values() for number in days.values())


def files_of(spark: SparkSession, arguments: argparse.Namespace) -> tuple[list[RawFile], dict]:
    sources = sources_of(spark, arguments.source)
    known = read_arrivals(spark, arguments.lake).known
    files, _ = find_raw_files(
        spark, arguments.raw, json_events(spark, sources, arguments.source is not None, known)
    )
    layouts = dict(zip([file.name for file in files], read_layouts(spark, files, sources)))
    for layout in layouts.values():
        if isinstance(layout, Layout):
            check_erasable(layout.source)
    return files, layouts


def count(spark: SparkSession, arguments: argparse.Namespace) -> dict[str, Any]:
    files, layouts = files_of(spark, arguments)
    return report(look(spark, files, layouts, arguments.lake, arguments.visitor))


def main() -> None:
    arguments = parse_args()
    spark = open_spark_session("erase_visitor")
    check_lake_version(spark, arguments.lake, "sessionize", False)
    done = {"count": count, "erase": erase, "prove": prove}[arguments.mode](spark, arguments)
    print(
        json.dumps({"job": "erase_visitor", "mode": arguments.mode, **done}, separators=(",", ":")),
        flush=True,
    )


def _id(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must be the id of one visitor")
    return text


if __name__ == "__main__":
    main()
