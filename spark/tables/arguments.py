"""The words every batch takes on its command line; it refuses half a window and a window that ends before it starts."""

from __future__ import annotations

import argparse
import re
from datetime import date


def batch_arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument(
        "--lake",
        required=True,
        type=lake_folder,
        help="gs://… folder that holds clean/, rejected/ and sessionized/",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=date.fromisoformat,
        help="first day of the window, YYYY-MM-DD, UTC; needs --to",
    )
    parser.add_argument(
        "--to", dest="last", type=date.fromisoformat, help="last day of the window, inclusive; needs --from"
    )
    parser.add_argument(
        "--new",
        action="store_true",
        help="what is new or changed since the last run, whatever its days; not with --from and --to",
    )
    parser.add_argument(
        "--days",
        help="the same three in one word: new, all, or a day or two with .. between them, as 2015-05-03..2015-05-10",
    )
    return parser


def window_of(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[date, date] | None:
    """The inclusive window, or None for everything. Exits 2 with a sentence when only one end is given or the ends are swapped."""
    if arguments.days is not None:
        _read_days(parser, arguments)
    first, last = arguments.first, arguments.last
    if arguments.new and (first is not None or last is not None):
        parser.error("--new takes the days that changed: give it without --from and --to")
    if (first is None) != (last is None):
        parser.error("--from and --to belong together: give both for whole days, or neither for everything")
    if first is None:
        return None
    if first > last:
        parser.error(f"--from {first} is after --to {last}")
    return first, last


def _read_days(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """One word for what --new, --from and --to say: a schedule has one place to fill in."""
    if arguments.new or arguments.first is not None or arguments.last is not None:
        parser.error("--days says it all: give it without --new, --from and --to")
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?", arguments.days)
    try:
        if match is not None:
            arguments.first = date.fromisoformat(match[1])
            arguments.last = date.fromisoformat(match[2] or match[1])
            return
    except ValueError as error:
        parser.error(f"--days {arguments.days}: {error}")
    if arguments.days not in ("new", "all"):
        parser.error(
            f"--days must be new, all, or days like 2015-05-03 or 2015-05-03..2015-05-10, got {arguments.days!r}"
        )
    arguments.new = arguments.days == "new"


def lake_folder(text: str) -> str:
    return text.rstrip("/")
