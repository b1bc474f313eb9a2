"""One real local Spark for all tests of this folder, and the jobs run in it as spark-submit would run them."""

from __future__ import annotations

import gzip
import json
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SPARK = Path(__file__).resolve().parents[2] / "spark"
sys.path.insert(0, str(SPARK))
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

from pyspark.sql import SparkSession

from tables.spark_session import SETTINGS, remember_java

# Google's runtime has it, PySpark has not.
AVRO_JAR = os.environ.get("SPARK_AVRO_JAR", "")
SMALL = {
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# To compile a query, and to plan it anew after each stage, costs more than ten rows do. The deep run, the demo
# and the local cloud's batches do both, as production does.
TEN_ROWS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "deep: takes minutes; run by npm run check:deep only")


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    builder = SparkSession.builder.master("local[2]")
    settings = {**SETTINGS, **SMALL, **({} if request.config.option.markexpr == "deep" else TEN_ROWS)}
    if AVRO_JAR:
        settings["spark.jars"] = AVRO_JAR
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    remember_java(session)
    yield session
    session.stop()


class Lake:
    """A raw folder and a lake in a temporary directory, and the two jobs on them."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.lake = folder / "raw", folder / "lake"
        self.raw.mkdir()

    def put(self, name: str, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    def put_events(self, name: str, rows: list[tuple]) -> None:
        lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
        self.put(name, "\n".join(["timestamp,visitorid,event,itemid,transactionid", *lines]) + "\n")

    def clean(self, *arguments: str) -> None:
        _run("clean", "--raw", str(self.raw), "--lake", str(self.lake), *arguments)

    def sessionize(self, *arguments: str) -> None:
        _run("sessionize", "--lake", str(self.lake), *arguments)

    def erase(self, mode: str, visitor: str) -> None:
        _run(
            "erase_visitor",
            "--raw",
            str(self.raw),
            "--lake",
            str(self.lake),
            "--visitor",
            visitor,
            "--mode",
            mode,
        )

    def metrics(self) -> dict:
        return json.loads((self.lake / "_metrics" / "clean.json").read_text())

    def days(self, table: str) -> list[str]:
        return sorted(
            path.name.removeprefix("event_date=") for path in (self.lake / table).glob("event_date=*")
        )


def _run(job: str, *arguments: str) -> None:
    before = sys.argv
    sys.argv = [f"{job}.py", *arguments]
    try:
        runpy.run_path(str(SPARK / "jobs" / f"{job}.py"), run_name="__main__")
    finally:
        sys.argv = before


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    folder = tmp_path / "a folder [with] glob*"
    folder.mkdir()
    return Lake(folder)


@pytest.fixture
def metrics(lake: Lake) -> Callable[[], dict]:
    return lake.metrics
