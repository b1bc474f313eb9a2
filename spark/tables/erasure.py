"""What an erasure has come to, `<lake>/_erase/`: its state, and rewritten raw files until they are in their place; it refuses to replace a file that is not the one it read."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from tables.files import exists, file_system, hadoop_path, read_text, write_text
from tables.raw_files import RawFile

Digests = dict[str, dict[str, list[Any]]]


class Ready(NamedTuple):
    """A rewritten file beside: size and time of the file it takes the place of, its own size, and whether it is to be read again whole."""

    beside: str
    size: int
    changed_ms: int
    new_size: int
    is_read_again: bool


class State(NamedTuple):
    """
    Begun and not proven yet. `before`: rows of all others by day and table; `ready`: files to put in place; `files`: by day the files that hold rows of it, as the ledger
    knew them. The visitor is kept as a salted digest: a record of an erasure must not be a record of the visitor.
    """

    visitor: str
    before: Digests
    ready: dict[str, Ready]
    files: dict[str, list[list[Any]]]


def read_state(spark: SparkSession, lake: str, visitor: str) -> State | None:
    """Raises ValueError when the erasure that was begun is another visitor's: both would be proven by rows of before that hold the other."""
    if not exists(spark, _state(lake)):
        return None
    state = State(*json.loads(read_text(spark, _state(lake))))
    salt, _, _ = state.visitor.partition(":")
    if state.visitor != _mark(salt, visitor):
        raise ValueError(
            f"erasing from {lake}: the erasure of another visitor was begun and is not proven; run it to its end, or, when that cannot be, delete {folder(lake)}/ and run clean and sessionize with --days new"
        )
    return state._replace(ready={name: Ready(*ready) for name, ready in state.ready.items()})


def new_state(visitor: str) -> State:
    return State(_mark(secrets.token_hex(16), visitor), {}, {}, {})


def write_state(spark: SparkSession, lake: str, state: State) -> None:
    ready = {name: list(one) for name, one in state.ready.items()}
    write_text(spark, _state(lake), json.dumps(list(state._replace(ready=ready))) + "\n")


def forget(spark: SparkSession, lake: str) -> None:
    file_system(spark, lake).delete(hadoop_path(spark, folder(lake)), True)


def put_in_place(spark: SparkSession, name: str, ready: Ready) -> RawFile:
    """
    The rewritten file over the raw one: in Cloud Storage at one instant, when the copy is whole. Where the store writes in place a copy that was cut off is begun anew.
    Raises ValueError when the raw file is neither of the two: it was delivered again.
    """
    now = file_of(spark, name)
    is_old = (now.size, now.changed_ms) == (ready.size, ready.changed_ms)
    if not is_old and not _is_beginning(spark, ready.beside, now):
        raise ValueError(
            f"erasing from {name}: it changed since it was read, and was left as it is; run the erasure again when deliveries are over"
        )
    if is_old or now.size != ready.new_size:
        copy(spark, [ready.beside], name)
    return file_of(spark, name)


def file_of(spark: SparkSession, name: str) -> RawFile:
    status = file_system(spark, name).getFileStatus(hadoop_path(spark, name))
    return RawFile(name, status.getPath().toUri().toString(), status.getLen(), status.getModificationTime())


def copy(spark: SparkSession, sources: list[str], target: str) -> None:
    """The bytes of `sources`, one after another."""
    out = file_system(spark, target).create(hadoop_path(spark, target), True)
    try:
        for source in sources:
            stream = file_system(spark, source).open(hadoop_path(spark, source))
            try:
                spark._jvm.org.apache.commons.io.IOUtils.copyLarge(stream, out)
            finally:
                stream.close()
    finally:
        out.close()


def folder(lake: str) -> str:
    return f"{lake}/_erase"


def _is_beginning(spark: SparkSession, whole: str, part: RawFile) -> bool:
    io = spark._jvm.org.apache.commons.io
    if part.size > file_of(spark, whole).size:
        return False
    streams = [file_system(spark, name).open(hadoop_path(spark, name)) for name in (whole, part.name)]
    try:
        return bool(io.IOUtils.contentEquals(io.input.BoundedInputStream(streams[0], part.size), streams[1]))
    finally:
        for stream in streams:
            stream.close()


def _state(lake: str) -> str:
    return f"{folder(lake)}/state.json"


def _mark(salt: str, visitor: str) -> str:
    return f"{salt}:{hashlib.sha256(f'{salt}:{visitor}'.encode()).hexdigest()}"
