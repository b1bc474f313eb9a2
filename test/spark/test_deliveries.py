"""Files as shops deliver them: late, rewritten, removed, broken; what is taken file by file equals what one run over everything gives."""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from conftest import Lake
from tables.files import without_glob
from tables.rejected_events import read_rejected_events
from tables.sessionized_events import read_sessionized_events

DAY_MS = 86_400_000
MAY_3 = 1_430_611_200_000
MIDNIGHT = MAY_3 + DAY_MS


def run_new(lake: Lake, *arguments: str) -> None:
    lake.clean("--new", *arguments)
    lake.sessionize("--new")


def sessionized(spark: SparkSession, lake: Lake) -> list[tuple]:
    return sorted(map(tuple, read_sessionized_events(spark, str(lake.lake), None).collect()))


def rejected(spark: SparkSession, lake: Lake) -> list[str]:
    return sorted(map(str, read_rejected_events(spark, str(lake.lake), None).collect()))


def versions(lake: Lake) -> dict[str, str]:
    lines = (lake.lake / "_ledger" / "days.csv").read_text().splitlines()[1:]
    return dict(line.split(",") for line in lines)


def counted(lake: Lake) -> dict[tuple[str, str], int]:
    """Rows by outcome and day, as the load and the gate read them."""
    counts: dict[tuple[str, str], int] = {}
    for row in csv.DictReader((lake.lake / "_ledger" / "files.csv").open(newline="")):
        key = (row["outcome"] + (f" {row['reason']}" if row["reason"] else ""), row["event_date"])
        counts[key] = counts.get(key, 0) + int(row["row_count"])
    return counts


@pytest.mark.deep
def test_what_became_of_each_file_is_told_by_day_whatever_is_computed_anew(
    spark: SparkSession, lake: Lake
) -> None:
    noon = MAY_3 + DAY_MS // 2
    lake.put_events(
        "a.csv", [(noon, 1, "view", 1, None), (noon, 1, "view", 1, None), (noon, 1, "buy", 1, None)]
    )
    run_new(lake)
    assert counted(lake) == {
        ("clean", "2015-05-03"): 1,
        ("duplicates", "2015-05-03"): 1,
        ("rejected event_unknown", "2015-05-03"): 1,
    }
    lake.put_events(
        "b.csv",
        [(noon + 1, 2, "view", 1, None), (noon + DAY_MS, 2, "view", 1, None), (5, 2, "view", 1, None)],
    )
    lake.clean("--days", "2015-05-03")
    assert {key: n for key, n in counted(lake).items() if key[0] in ("clean", "unprocessed")} == {
        ("clean", "2015-05-03"): 2,
        ("unprocessed", ""): 1,
    }
    run_new(lake)
    assert counted(lake) == {
        ("clean", "2015-05-03"): 2,
        ("clean", "2015-05-04"): 1,
        ("duplicates", "2015-05-03"): 1,
        ("late", "2015-05-03"): 1,
        ("rejected event_unknown", "2015-05-03"): 1,
        ("rejected timestamp_before_2000", "1970-01-01"): 1,
    }
    before = counted(lake)
    run_new(lake)
    assert counted(lake) == before
    (lake.raw / "b.csv").unlink()
    run_new(lake)
    assert counted(lake) == {
        ("clean", "2015-05-03"): 1,
        ("duplicates", "2015-05-03"): 1,
        ("rejected event_unknown", "2015-05-03"): 1,
    }


def test_files_as_they_come_late_with_rows_of_other_days_and_of_the_future_are_in_their_days(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    noon = MAY_3 + DAY_MS // 2
    rows = [(noon, 1, "view", 10, None), (noon + 1, 2, "view", 10, None), (MIDNIGHT, 5, "view", 10, None)]
    before_midnight = (MIDNIGHT - 3_000_000, 6, "view", 10, None)
    lake.put_events("2015-05-03-part0.csv", [*rows, before_midnight])
    run_new(lake, "--now", "2015-05-03T23:59:59")
    assert (len(sessionized(spark, lake)), len(rejected(spark, lake))) == (3, 1)
    before = versions(lake)
    lake.put_events(
        "2015-05-03-part1.csv", [(noon + 2, 1, "addtocart", 10, None), (noon + 3, 1, "transaction", 10, 5)]
    )
    lake.put_events(
        "2015-05-04.csv",
        [
            (MIDNIGHT - 10_000, 3, "view", 10, None),
            (MIDNIGHT + 10_000, 3, "view", 11, None),
            (MIDNIGHT + 20_000, 3, "view", 12, None),
            (MIDNIGHT + 60_000, 6, "view", 13, None),
            (MIDNIGHT + 60_000, 6, "click", 13, None),
        ],
    )
    run_new(lake, "--now", "2015-05-04T12:00:00")
    # The first part is new again, for a row of it is in the future no more; what is rejected is of these files.
    counts = metrics()
    assert {key: counts[key] for key in ("raw", "rejected", "late_rows", "new_files", "read_again")} == {
        "raw": 11,
        "rejected": 1,
        "late_rows": 6,
        "new_files": 3,
        "read_again": 0,
    }
    found = sessionized(spark, lake)
    assert (len(found), len(rejected(spark, lake))) == (10, 1)
    assert [row[5] for row in found if row[3] == "transaction"] == ["5"]
    assert len({row[6] for row in found if row[2] == "3"}) == 1, "one session over midnight"
    assert len({row[6] for row in found if row[2] == "6"}) == 2, "two sessions with midnight between"
    assert versions(lake)["2015-05-03"] != before["2015-05-03"]

    before = versions(lake)
    lake.put_events("late.csv", [(MIDNIGHT - 1_500_000, 6, "view", 1, None)])
    lake.put_events("2015-05-06.csv", [(MIDNIGHT + 2 * DAY_MS, 4, "view", 13, None)])
    run_new(lake)
    assert (metrics()["new_files"], metrics()["read_again"]) == (2, 3)
    assert len({row[6] for row in sessionized(spark, lake) if row[2] == "6"}) == 1, (
        "the late event joins them"
    )
    assert all(versions(lake)[day] != before[day] for day in before), "the day after it is put out too"
    for file in lake.raw.iterdir():
        file.rename(file.with_stem(f"renamed-{file.stem}"))
    with pytest.raises(ValueError, match="none of the 5 files cleaned before is there"):
        lake.clean("--new")


@pytest.mark.deep
def test_a_second_part_and_a_row_in_the_next_days_file_are_in_their_day(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    noon = MAY_3 + DAY_MS // 2
    lake.put_events("2015-05-03-part0.csv", [(noon, 1, "view", 10, None), (noon + 1, 2, "view", 10, None)])
    run_new(lake)
    before = versions(lake)
    lake.put_events(
        "2015-05-03-part1.csv", [(noon + 2, 1, "addtocart", 10, None), (noon + 3, 1, "transaction", 10, 5)]
    )
    lake.put_events(
        "2015-05-04.csv",
        [
            (MIDNIGHT - 10_000, 3, "view", 10, None),
            (MIDNIGHT + 10_000, 3, "view", 11, None),
            (MIDNIGHT + 20_000, 3, "view", 12, None),
            (MIDNIGHT + 9_000_000, 4, "view", 13, None),
        ],
    )
    run_new(lake)
    assert (metrics()["raw"], metrics()["late_rows"], metrics()["new_files"], metrics()["read_again"]) == (
        6,
        3,
        2,
        1,
    )
    lake.put_events("2015-05-05.csv", [(MIDNIGHT + DAY_MS, 4, "view", 13, None)])
    day_4 = versions(lake)["2015-05-04"]
    run_new(lake)
    rows = sessionized(spark, lake)
    assert len(rows) == 9
    assert [row[5] for row in rows if row[3] == "transaction"] == ["5"]
    assert len({row[6] for row in rows if row[2] == "3"}) == 1, "one session over midnight"
    assert (versions(lake)["2015-05-03"] != before["2015-05-03"], versions(lake)["2015-05-04"]) == (
        True,
        day_4,
    )


@pytest.mark.deep
def test_nothing_new_writes_nothing_and_a_day_cleaned_alone_is_sessionized_by_the_next_run(
    lake: Lake, spark: SparkSession
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 1, "view", 1, None) for n in range(3)])
    run_new(lake)
    before = versions(lake)
    run_new(lake)
    assert versions(lake) == before
    lake.put_events("b.csv", [(MAY_3 + 1, 1, "view", 2, None)])
    lake.clean("--new")
    lake.put_events("c.csv", [(MAY_3 + 2 * DAY_MS + 1, 1, "view", 2, None)])
    run_new(lake)
    assert len(sessionized(spark, lake)) == 5
    assert [day for day in before if versions(lake)[day] != before[day]] == ["2015-05-03", "2015-05-05"]


def test_a_file_above_the_limit_is_left_out_whole_and_named_and_stops_nothing(
    lake: Lake, metrics: Callable[[], dict]
) -> None:
    good = [(MAY_3 + n, n, "view", 1, None) for n in range(20)]
    lake.put_events("good.csv", [*good, (MAY_3, "x", "view", 1, None)])
    lake.put_events("seconds.csv", [(MAY_3 // 1000, 1, "view", 1, None), (MAY_3 + 5, 99, "view", 1, None)])
    lake.put("header.csv", "a,b\n1,2\n")
    (lake.raw / "no gzip.csv.gz").write_bytes(b"timestamp,visitorid,event,itemid,transactionid\n")
    text = "timestamp,visitorid,event,itemid,transactionid\n" + "".join(
        f"{MAY_3 + n},{n},view,{n * 7919},\n" for n in range(20_000)
    )
    (lake.raw / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:-5_000])
    lake.clean("--new", "--max-rejected-share", "0.05")
    assert {name.rsplit("/", 1)[-1]: why for name, why in metrics()["quarantined_files"].items()} == {
        "seconds.csv": {"timestamp_before_2000": 1, "rows": 2},
        "header.csv": {"header_unreadable": 1},
        "no gzip.csv.gz": {"header_unreadable": 1},
        "cut.csv.gz": {"file_unreadable": 1},
    }
    assert sum(file["clean"] for file in metrics()["files"]) == 20
    quarantine = (lake.lake / "_ledger" / "quarantine.csv").read_text()
    assert "seconds.csv" in quarantine and "header.csv" in quarantine


@pytest.mark.deep
def test_a_file_that_was_left_out_is_taken_when_it_is_repaired(spark: SparkSession, lake: Lake) -> None:
    lake.put_events("good.csv", [(MAY_3 + n, n, "view", 1, None) for n in range(20)])
    lake.put_events("seconds.csv", [(MAY_3 // 1000, 1, "view", 1, None), (MAY_3 + 5, 99, "view", 1, None)])
    lake.put("header.csv", "a,b\n1,2\n")
    run_new(lake, "--max-rejected-share", "0.05")
    assert len(sessionized(spark, lake)) == 20
    lake.put_events("seconds.csv", [(MAY_3 + 5, 99, "view", 1, None)])
    (lake.raw / "header.csv").unlink()
    run_new(lake, "--max-rejected-share", "0.05")
    assert len(sessionized(spark, lake)) == 21
    assert (lake.lake / "_ledger" / "quarantine.csv").read_text() == "file,reasons\n"


@pytest.mark.parametrize("days", ["new", pytest.param("all", marks=pytest.mark.deep)])
def test_a_first_run_whose_only_file_is_left_out_whole_ends_with_its_reasons(
    lake: Lake, metrics: Callable[[], dict], days: str
) -> None:
    lake.put_events("bad.csv", [("x", 1, "view", 2, None), (1000, 1, "view", 2, None)])
    lake.clean("--max-rejected-share", "0.5", "--days", days)
    assert [*metrics()["quarantined_files"].values()] == [
        {"timestamp_not_integer": 1, "timestamp_before_2000": 1, "rows": 2}
    ]
    lake.sessionize("--days", days)
    assert lake.days("sessionized") == []


@pytest.mark.parametrize(
    "begun",
    [
        {"begun": ["2015-05-03"], "begun_full": False},
        pytest.param({"begun": [], "begun_full": True}, marks=pytest.mark.deep),
    ],
)
def test_a_run_that_was_killed_while_it_wrote_is_made_good_by_the_next(
    lake: Lake, spark: SparkSession, begun: dict
) -> None:
    lake.put_events("a.csv", [(MAY_3, 1, "view", 1, None), (MIDNIGHT, 1, "view", 1, None)])
    run_new(lake)
    whole = sessionized(spark, lake)
    for part in (lake.lake / "clean" / "event_date=2015-05-03").iterdir():
        part.unlink()
    numbers = [int(path.stem) for path in (lake.lake / "_ledger" / "clean").glob("*.json")]
    (lake.lake / "_ledger" / "clean" / f"{max(numbers) + 1:08d}.json").write_text(json.dumps(begun))
    run_new(lake)
    assert sessionized(spark, lake) == whole


def test_a_lake_whose_ids_are_numbers_is_refused(lake: Lake, spark: SparkSession) -> None:
    lake.put_events("a.csv", [(MAY_3, 1, "view", 1, None)])
    spark.range(1).selectExpr("id AS visitor_id").write.parquet(f"{lake.lake}/clean/event_date=2015-05-03")
    for run in (lake.clean, lake.sessionize):
        with pytest.raises(ValueError, match="ids are numbers.*clean --days all, then sessionize"):
            run("--days", "new")


@pytest.mark.deep
def test_a_lake_whose_ids_are_numbers_is_refused_until_everything_is_computed_anew(
    lake: Lake, spark: SparkSession
) -> None:
    lake.put_events("a.csv", [(MAY_3, 1, "view", 1, None), (MIDNIGHT, 1, "view", 1, None)])
    run_new(lake)
    whole = sessionized(spark, lake)
    for table in ("clean", "sessionized"):
        rows = spark.read.parquet(without_glob(str(lake.lake / table)))
        numbers = rows.withColumns(
            {name: rows[name].cast("long") for name in ("visitor_id", "item_id", "transaction_id")}
        )
        numbers.write.partitionBy("event_date").parquet(f"{lake.lake}/{table}_1")
        shutil.rmtree(lake.lake / table)
        (lake.lake / f"{table}_1").rename(lake.lake / table)
    for run in (lake.clean, lake.sessionize):
        for days in ("new", "2015-05-03"):
            with pytest.raises(ValueError, match="ids are numbers.*clean --days all, then sessionize"):
                run("--days", days)
    with pytest.raises(ValueError, match="clean: its ids are numbers"):
        lake.sessionize("--days", "all")
    lake.clean("--days", "all")
    with pytest.raises(ValueError, match="sessionized: its ids are numbers"):
        lake.sessionize("--days", "new")
    lake.sessionize("--days", "all")
    run_new(lake)
    assert sessionized(spark, lake) == whole


class Shop:
    """Files of random events around midnights: parts, repeats within and across files, ties, rejects; delivered, rewritten and removed at random."""

    def __init__(self, seed: int, visitors: int) -> None:
        self.source, self.visitors = random.Random(seed), visitors
        self.files, self.past = 0, []

    def events(self) -> list[tuple]:
        draw, rows = self.source, []
        for _ in range(draw.randrange(1, 3 * self.visitors)):
            near = draw.choice(
                [0, 0, 1, -1, 900_000, -900_000, 1_800_000, -1_700_000, draw.randrange(-4_000_000, 4_000_000)]
            )
            ms = MAY_3 + draw.randrange(1, 4) * DAY_MS + near
            kind = draw.choice(["view", "view", "addtocart", "transaction", "click"])
            order = draw.randrange(3) if kind == "transaction" else None
            when = draw.choice([ms] * 30 + ["x"])
            rows.append((when, draw.randrange(self.visitors), kind, draw.randrange(3), order))
        again = draw.sample(self.past, min(len(self.past), draw.randrange(self.visitors)))
        self.past += rows
        return rows + rows[: draw.randrange(2)] + again

    def deliver(self, lake: Lake) -> None:
        draw = self.source
        for _ in range(draw.randrange(1, 3)):
            there = sorted(lake.raw.glob("*.csv"))
            if len(there) > 2 and draw.random() < 0.2:
                draw.choice(there).unlink()
            elif there and draw.random() < 0.2:
                lake.put_events(draw.choice(there).name, self.events())
            else:
                lake.put_events(f"{draw.randrange(1000)}-{self.files}.csv", self.events())
            self.files += 1


@pytest.mark.deep
def test_file_by_file_equals_everything_at_once_for_a_thousand_random_visitors(
    spark: SparkSession, lake: Lake
) -> None:
    """A case is what one visitor is after one round of deliveries: visitors do not know of each other, so one run has many."""
    shop, cases = Shop(seed=4, visitors=300), 0
    for number in range(7):
        shop.deliver(lake)
        lake.clean("--new")
        # Now and then only clean runs, or what came of it is not looked at before more comes.
        if number == 2:
            continue
        lake.sessionize("--new")
        if number == 1:
            continue
        got = (sessionized(spark, lake), rejected(spark, lake))
        full = Lake.__new__(Lake)
        full.raw, full.lake = lake.raw, lake.lake.with_name("full")
        full.clean()
        full.sessionize()
        want = (sessionized(spark, full), rejected(spark, full))
        shutil.rmtree(full.lake)
        assert got == want, f"round {number}"
        cases += len({row[2] for row in got[0]})
    assert cases >= 1000
