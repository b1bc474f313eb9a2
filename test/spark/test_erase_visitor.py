"""One visitor out of raw files and lake: nobody else loses a row or a byte, whoever is killed where, and what is not gone is not called erased."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from conftest import Lake
from tables.clean_events import read_clean_events
from tables.files import without_glob
from tables.rejected_events import read_rejected_events
from tables.sessionized_events import read_sessionized_events

DAY_MS = 86_400_000
MAY_3 = 1_430_611_200_000
HEADER = "timestamp,visitorid,event,itemid,transactionid"
NOON = MAY_3 + DAY_MS // 2


def event(ms: int, visitor: str) -> str:
    return json.dumps(
        {"event_ts": f"2015-05-05T12:00:{ms:02d}Z", "visitor_id": visitor, "event_type": "view"}
    )


def deliver(lake: Lake) -> None:
    """Visitor 7 among others whose ids look like it: in three days, in refused rows with and without a time, twice, as 7.0, in a line of too many fields."""
    lake.put(
        "a day.csv",
        "\r\n".join(
            [
                HEADER,
                f"{NOON},7,view,1,",
                f"{NOON},70,view,7,",
                f"{NOON + 1},007,view,1,",
                f"{NOON + 2},7.0,addtocart,1,",
                f"{NOON + 3},7.0,buy,1,",
                f"{NOON + 4},7,view,1,,,7",
                f"{NOON + 5},8,view,7,,,7",
                HEADER,
                "",
                f"{NOON + 6},9,transaction,1,7",
                "12,7,view,1,",
                "13,8,view,1,",
            ]
        ),
    )
    second = [f"{NOON + DAY_MS + n},{n % 9},view,{n},".encode() for n in range(900)]
    lake.put("b.csv.gz", b"\n".join([HEADER.encode(), *second, f"{NOON},7,view,1,".encode(), b""]))
    lake.put(
        "c.ndjson", "\n".join([event(1, "7"), event(2, "70"), '{"visitor_id": "7', event(3, "x")]) + "\n"
    )
    lake.put_events("d.csv", [(NOON + 3 * DAY_MS, 1, "view", 1, None)])


def run_new(lake: Lake) -> None:
    lake.clean("--days", "new")
    lake.sessionize("--days", "new")


def rows(spark: SparkSession, lake: Lake, without: str | None = None) -> dict[str, list[str]]:
    found = {}
    for read in (read_clean_events, read_rejected_events, read_sessionized_events):
        frame = read(spark, str(lake.lake), None)
        column = "visitorid" if "visitorid" in frame.columns else "visitor_id"
        # The lines below one that went have moved up.
        kept = [
            row
            for row in frame.drop("source_line").collect()
            if without is None or row[column] not in (without, f"{without}.0")
        ]
        found[read.__name__] = sorted(map(str, kept))
    return found


def versions(lake: Lake) -> dict[str, str]:
    return dict(line.split(",") for line in (lake.lake / "_ledger/days.csv").read_text().splitlines()[1:])


def said(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads([line for line in capsys.readouterr().out.splitlines() if line.startswith("{")][-1])


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(f): (f.stat().st_mtime_ns, f.read_bytes()) for f in folder.rglob("*") if f.is_file()}


def test_a_visitor_is_erased_and_nobody_else_changes(
    spark: SparkSession, lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = [f"{NOON},7,view,1,", f"{NOON + 2},7.0,addtocart,1,", "12,7,view,1,"]
    others = [f"{NOON},70,view,7,", f"{NOON + 1},007,view,1,"]
    lake.put("a.csv", "\n".join([HEADER, theirs[0], others[0], *theirs[1:], others[1], ""]))
    run_new(lake)
    kept = rows(spark, lake, without="7")
    lake.erase("erase", "7")
    assert said(capsys)["lake_rows"] == {"clean": 2, "quarantined": 0, "rejected": 1, "sessionized": 2}
    assert (lake.raw / "a.csv").read_text() == "\n".join([HEADER, *others, ""])
    run_new(lake)
    assert rows(spark, lake) == kept
    lake.erase("prove", "7")
    assert said(capsys)["compared_days"] == 2


@pytest.mark.deep
def test_a_visitor_is_counted_then_erased_and_proven_and_nobody_else_changes(
    spark: SparkSession, lake: Lake, capsys: pytest.CaptureFixture[str], metrics: Callable[[], dict]
) -> None:
    deliver(lake)
    run_new(lake)
    others, before = rows(spark, lake, without="7"), versions(lake)
    untouched = everything(lake.raw.parent)
    lake.erase("count", "7")
    counted = said(capsys)
    assert everything(lake.raw.parent) == untouched
    assert {name.rsplit("/", 1)[1]: n for name, n in counted["raw_files"].items()} == {
        "a day.csv": 5,
        "b.csv.gz": 101,
        "c.ndjson": 1,
    }
    assert counted["lake_rows"] == {"clean": 103, "quarantined": 0, "rejected": 2, "sessionized": 103}
    assert counted["days"] == ["1970-01-01", "2015-05-03", "2015-05-04", "2015-05-05"]
    assert [(name[-8:], n) for name, n in counted["lines_to_look_at"].items()] == [("c.ndjson", 1)]

    lake.erase("erase", "7")
    with pytest.raises(ValueError, match="0 rows of the visitor are in raw files and 208 in the lake"):
        lake.erase("prove", "7")
    assert (lake.raw / "a day.csv").read_text() == "\n".join(
        [
            HEADER,
            f"{NOON},70,view,7,",
            f"{NOON + 1},007,view,1,",
            f"{NOON + 5},8,view,7,,,7",
            HEADER,
            "",
            f"{NOON + 6},9,transaction,1,7",
            "13,8,view,1,",
            "",
        ]
    )
    lines = gzip.decompress((lake.raw / "b.csv.gz").read_bytes()).decode().splitlines()
    assert lines == [HEADER, *[f"{NOON + DAY_MS + n},{n % 9},view,{n}," for n in range(900) if n % 9 != 7]]
    run_new(lake)
    # Only the file whose undated rows belong to no day is read as if it were new, and nothing is late.
    assert (metrics()["new_files"], metrics()["gone_files"]) == (1, 0)
    assert ",late," not in (lake.lake / "_ledger/files.csv").read_text()
    assert rows(spark, lake) == others
    assert [day for day, version in versions(lake).items() if version != before[day]] == [
        "2015-05-03",
        "2015-05-04",
        "2015-05-05",
    ]
    lake.erase("prove", "7")
    proven = said(capsys)
    assert (proven["raw_rows"], sum(proven["lake_rows"].values())) == (0, 0)
    assert (proven["compared_days"], proven["days_not_compared"]) == (4, [])
    assert not (lake.lake / "_erase").exists()
    run_new(lake)
    assert rows(spark, lake) == others


class Killed(Exception):
    pass


@pytest.mark.deep
def test_killed_anywhere_and_repeated_it_comes_to_the_same_end(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import tables.arrivals
    import tables.erasure
    import tables.rewritten_files

    deliver(lake)
    run_new(lake)
    others = rows(spark, lake, without="7")

    def killed(module: object, name: str, at_call: int, is_before: bool = True) -> None:
        """The erasure ends at this call of a step, before it or when it is done."""
        real, calls = getattr(module, name), []

        def step(*arguments: object, **named: object) -> object:
            calls.append(1)
            if len(calls) == at_call and is_before:
                raise Killed
            result = real(*arguments, **named)
            if len(calls) == at_call:
                raise Killed
            return result

        with monkeypatch.context() as patch:
            patch.setattr(module, name, step)
            with pytest.raises(Killed):
                lake.erase("erase", "7")

    killed(tables.erasure, "write_state", 1)
    killed(tables.rewritten_files, "copy", 2)
    with pytest.raises(ValueError, match="the erasure of another visitor was begun"):
        lake.erase("erase", "70")
    killed(tables.erasure, "write_state", 2, is_before=False)
    killed(tables.arrivals, "note_begin", 1)
    killed(tables.erasure, "put_in_place", 1, is_before=False)
    # A store that writes in place leaves a copy half done.
    half = lake.raw / "b.csv.gz"
    state = json.loads((lake.lake / "_erase/state.json").read_text())
    beside = next(Path(one[0]) for name, one in state[2].items() if name.endswith("b.csv.gz"))
    half.write_bytes(beside.read_bytes()[:100])
    killed(tables.arrivals, "note_rewritten", 1)
    killed(tables.arrivals, "note_rewritten", 1, is_before=False)
    lake.erase("erase", "7")
    run_new(lake)
    assert rows(spark, lake) == others
    lake.erase("prove", "7")
    assert (said(capsys)["compared_days"], (lake.lake / "_erase").exists()) == (4, False)


@pytest.mark.deep
def test_a_file_that_was_delivered_again_meanwhile_is_left_and_other_rows_that_change_are_named(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import tables.erasure

    real = tables.erasure.put_in_place
    lake.put_events("a.csv", [(NOON, 7, "view", 1, None), (NOON, 8, "view", 1, None)])
    run_new(lake)
    again = [(NOON, 7, "view", 1, None), (NOON, 8, "view", 1, None), (NOON, 9, "view", 1, None)]

    def delivered(*arguments: object) -> object:
        lake.put_events("a.csv", again)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(tables.erasure, "put_in_place", delivered)
        with pytest.raises(ValueError, match="a.csv: it changed since it was read, and was left as it is"):
            lake.erase("erase", "7")
    assert (lake.raw / "a.csv").read_text().count("\n") == 4
    shutil.rmtree(lake.lake / "_erase")
    lake.erase("erase", "7")
    (lake.raw / "broken.csv.gz").write_bytes(b"no gzip")
    lake.clean("--days", "new", "--max-rejected-share", "source")
    lake.sessionize("--days", "new")
    with pytest.raises(ValueError, match="nobody can read .*broken.csv.gz, so nobody knows"):
        lake.erase("prove", "7")
    (lake.raw / "broken.csv.gz").unlink()
    lake.erase("prove", "7")
    assert said(capsys)["days_not_compared"] == ["2015-05-03"]


@pytest.mark.deep
def test_a_row_of_somebody_else_that_is_lost_is_no_proof(spark: SparkSession, lake: Lake) -> None:
    lake.put_events(
        "a.csv", [(NOON, 7, "view", 1, None), (NOON, 8, "view", 1, None), (NOON, 9, "view", 1, None)]
    )
    run_new(lake)
    lake.erase("erase", "7")
    run_new(lake)
    day = lake.lake / "sessionized" / "event_date=2015-05-03"
    read = spark.read.parquet(without_glob(str(day)))
    kept = read.where("visitor_id != '8'").localCheckpoint()
    shutil.rmtree(day)
    kept.write.parquet(str(day))
    with pytest.raises(ArithmeticError, match="rows of other visitors on 2015-05-03 are not what they were"):
        lake.erase("prove", "7")


@pytest.mark.parametrize("arguments", [(), ("--visitor", " ")])
def test_without_a_visitor_it_refuses(lake: Lake, arguments: tuple[str, ...]) -> None:
    import conftest

    with pytest.raises(SystemExit):
        conftest._run("erase_visitor", "--raw", str(lake.raw), "--lake", str(lake.lake), *arguments)
