"""The raw files below a folder, by what their names say they are; it refuses to look into them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tables.files import list_files, without_glob

# `.json` says little: such a file is taken when a source is named, or its first object is one's.
KINDS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet", ".avro": "avro"}


class RawFile(NamedTuple):
    """A file as the store lists it: whoever rewrites a file changes its size or its time."""

    name: str
    uri: str
    size: int
    changed_ms: int


def kind_of(name: str) -> str | None:
    stem = name.lower().removesuffix(".gz")
    if stem.endswith(".json"):
        return "ndjson"
    return next((kind for end, kind in KINDS.items() if stem.endswith(end)), None)


def is_json(file: RawFile) -> bool:
    return file.name.lower().removesuffix(".gz").endswith(".json")


def find_raw_files(
    spark: SparkSession, raw: str, events_of: Callable[[list[RawFile]], set[str]]
) -> tuple[list[RawFile], list[str]]:
    """The files of events below `raw` in name order, packed (`.gz`) or not, and the names of files left aside for their extension; `events_of`: which of the `.json` ones are of events."""
    files = []
    for status in list_files(spark, raw):
        path = status.getPath()
        files.append(
            RawFile(path.toString(), path.toUri().toString(), status.getLen(), status.getModificationTime())
        )
    files.sort(key=lambda file: file.uri)

    asked = [file for file in files if is_json(file)]
    events = events_of(asked) if asked else set()
    taken = [
        file for file in files if (file.name in events if is_json(file) else kind_of(file.name) is not None)
    ]
    if not taken:
        others = f" ({len(files)} files of other names are there, such as {files[0].name})" if files else ""
        raise ValueError(
            f"reading {raw}: no .csv or .csv.gz file there, and no .ndjson, .jsonl, .parquet or .avro, nor a .json that begins with an event{others}; check --raw, and name a source of your own with --source"
        )
    names = {file.name for file in taken}
    return taken, [file.name for file in files if file.name not in names]


def find_broken_files(spark: SparkSession, files: list[RawFile]) -> set[str]:
    """Names of the packed files (gzip, Parquet, Avro) that cannot be read to their end; each is read whole, so this is for when reading all together has failed."""

    def is_broken(file: RawFile) -> bool:
        path, kind = without_glob(file.name), kind_of(file.name)
        try:
            if kind in ("parquet", "avro"):
                rows = spark.read.format(kind).load(path)
                rows.select(F.xxhash64(F.to_json(F.struct("*"))).alias("digest")).agg(
                    F.max("digest")
                ).collect()
            else:
                spark.read.text(path).count()
        except Py4JJavaError:
            return True
        return False

    packed = [file for file in files if file.name.lower().endswith((".gz", ".parquet", ".avro"))]
    with ThreadPoolExecutor(4) as pool:
        return {file.name for file, broken in zip(packed, pool.map(is_broken, packed)) if broken}
