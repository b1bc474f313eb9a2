"""The clean batch on files: layouts, counts that add up, whole days, windows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from conftest import Lake
from tables.clean_events import read_clean_events
from tables.rejected_events import read_rejected_events

DAY_MS = 86_400_000
MAY_3 = 1_430_611_200_000


def clean_rows(spark: SparkSession, lake: Lake) -> list[tuple]:
    rows = read_clean_events(spark, str(lake.lake), None).orderBy("event_ts", "visitor_id").collect()
    return [
        (
            int(row.event_ts.timestamp() * 1000),
            row.visitor_id,
            row.event_type,
            row.item_id,
            row.transaction_id,
        )
        for row in rows
    ]


def test_columns_in_any_order_extra_columns_bom_crlf_and_gzip_are_read(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put("a.csv", f"timestamp,visitorid,event,itemid,transactionid\n{MAY_3},1,view,10,\n")
    lake.put(
        "b.csv",
        b"\xef\xbb\xbf"
        + f'extra,itemid,event,transactionid,visitorid,timestamp\r\n"x,y",11,transaction,5,2,{MAY_3 + 1}\r\n'.encode(),
    )
    lake.put("sub/c.csv.gz", f"event,timestamp,visitorid,itemid,transactionid\nview,{MAY_3 + 2},3,12,\n")
    lake.put("notes.txt", "not events")
    lake.clean()
    assert clean_rows(spark, lake) == [
        (MAY_3, "1", "view", "10", None),
        (MAY_3 + 1, "2", "transaction", "11", "5"),
        (MAY_3 + 2, "3", "view", "12", None),
    ]
    assert [(file["file"].rsplit("/", 1)[-1], file["clean"]) for file in metrics()["files"]] == [
        ("a.csv", 1),
        ("b.csv", 1),
        ("c.csv.gz", 1),
    ]
    assert [name.rsplit("/", 1)[-1] for name in metrics()["ignored_files"]] == ["notes.txt"]


def test_raw_is_clean_plus_rejected_plus_duplicates_per_file_and_in_total(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    first = (MAY_3, 1, "view", 10, None)
    lake.put_events("a.csv", [first, first, (MAY_3, 1, "click", 10, None), (MAY_3, 2, "view", 10, None)])
    lake.put_events("b.csv", [first, ("x", 1, "view", 10, None), (MAY_3, 1, "click", 10, None)])
    lake.clean()
    counts = metrics()
    assert {key: counts[key] for key in ("raw", "clean", "rejected", "duplicates")} == {
        "raw": 7,
        "clean": 2,
        "rejected": 3,
        "duplicates": 2,
    }
    assert [(f["raw"], f["clean"], f["rejected"], f["duplicates"]) for f in counts["files"]] == [
        (4, 2, 1, 1),
        (3, 0, 2, 1),
    ]
    assert counts["reasons"] == {"event_unknown": 2, "timestamp_not_integer": 1}
    rejected = read_rejected_events(spark, str(lake.lake), None).orderBy("reason", "source_file").collect()
    assert [
        (row.reason, row.source_file[-5:], row.event, row.event_date.isoformat()) for row in rejected
    ] == [
        ("event_unknown", "a.csv", "click", "2015-05-03"),
        ("event_unknown", "b.csv", "click", "2015-05-03"),
        ("timestamp_not_integer", "b.csv", "view", "1970-01-01"),
    ]


def test_events_that_differ_in_one_field_are_no_duplicates(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    row = (MAY_3, 1, "transaction", 10, 5)
    lake.put_events(
        "a.csv",
        [
            row,
            (MAY_3 + 1, *row[1:]),
            (MAY_3, 2, *row[2:]),
            (*row[:3], 11, 5),
            (*row[:4], 6),
            (MAY_3, 1, "view", 10, None),
        ],
    )
    lake.clean()
    assert (metrics()["clean"], metrics()["duplicates"]) == (6, 0)


def test_lines_of_a_wrong_width_are_rejected_and_blank_lines_are_no_rows(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put(
        "a.csv",
        f"timestamp,visitorid,event,itemid,transactionid\n{MAY_3},1,view,10\n\n{MAY_3},1,view,10,,9\n  \n{MAY_3},1,view,10,\n",
    )
    lake.clean()
    assert (metrics()["raw"], metrics()["clean"], metrics()["reasons"]) == (3, 1, {"field_count": 2})


def test_each_day_is_one_file_and_a_full_run_removes_days_that_are_gone(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n, n, "view", 1, None) for n in range(50)])
    lake.put_events("b.csv", [(MAY_3 + DAY_MS, 1, "view", 1, None), (MAY_3 + DAY_MS, 1, "click", 1, None)])
    lake.clean()
    assert lake.days("clean") == ["2015-05-03", "2015-05-04"]
    assert len(list((lake.lake / "clean" / "event_date=2015-05-03").glob("*.parquet"))) == 1
    (lake.raw / "b.csv").unlink()
    lake.clean()
    assert (lake.days("clean"), lake.days("rejected")) == (["2015-05-03"], [])


def test_a_window_replaces_its_days_leaves_the_others_and_records_days_without_events(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 1, "view", 1, None) for n in range(3)])
    lake.clean()
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 2, "view", 1, None) for n in (0, 2)])
    lake.clean("--from", "2015-05-04", "--to", "2015-05-05")
    assert clean_rows(spark, lake) == [
        (MAY_3, "1", "view", "1", None),
        (MAY_3 + 2 * DAY_MS, "2", "view", "1", None),
    ]
    assert lake.days("clean") == ["2015-05-03", "2015-05-04", "2015-05-05"]
    assert (metrics()["clean"], metrics()["outside_window"]) == (1, 1)


def test_an_empty_file_and_a_file_with_only_a_header_hold_no_events(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put("empty.csv", "")
    lake.put("header.csv", "timestamp,visitorid,event,itemid,transactionid\n")
    lake.clean()
    assert (metrics()["raw"], metrics()["days"], lake.days("clean")) == (0, 0, [])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("timestamp,visitorid,event,itemid", "transactionid once"),
        ("timestamp,timestamp,visitorid,event,itemid,transactionid", "timestamp once"),
    ],
)
def test_a_file_without_the_five_columns_stops_the_run_before_anything_is_written(
    lake: Lake, header: str, message: str
) -> None:
    lake.put("bad.csv", f"{header}\n1,2,view,3,\n")
    with pytest.raises(ValueError, match=message):
        lake.clean()
    assert not lake.lake.exists()


def test_a_truncated_gzip_stops_the_run_before_anything_is_written(lake: Lake) -> None:
    import gzip

    text = "timestamp,visitorid,event,itemid,transactionid\n" + "".join(
        f"{MAY_3 + n},{n},view,{n * 7919},\n" for n in range(20_000)
    )
    (lake.raw / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:-5_000])
    with pytest.raises(Exception, match="(?i)unexpected end|EOF"):
        lake.clean()
    assert lake.days("clean") == []


def test_a_folder_without_csv_files_is_an_error(lake: Lake) -> None:
    with pytest.raises(ValueError, match="no .csv or .csv.gz file"):
        lake.clean()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "2015-05-03"],
        ["--from", "2015-05-04", "--to", "2015-05-03"],
        ["--from", "may", "--to", "june"],
    ],
)
def test_half_a_window_a_swapped_one_and_no_days_at_all_are_refused(lake: Lake, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        lake.clean(*arguments)
    assert stopped.value.code == 2
