"""The words every batch takes on its command line; it refuses half a window and a window that ends before it starts."""

from __future__ import annotations

import argparse
from datetime import date


def batch_arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument(
        "--lake",
        required=True,
        type=_folder,
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
    return parser


def window_of(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[date, date] | None:
    """The inclusive window, or None for everything. Exits 2 with a sentence when only one end is given or the ends are swapped."""
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


def _folder(text: str) -> str:
    return text.rstrip("/")
