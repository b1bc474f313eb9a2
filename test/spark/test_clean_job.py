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


HEADER = "timestamp,visitorid,event,itemid,transactionid"


@pytest.fixture(scope="module")
def delivered(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """One run over files that know nothing of each other: each has visitors of its own."""
    lake = Lake(tmp_path_factory.mktemp("a folder [with] glob*"))
    lake.put("a.csv", f"{HEADER}\n{MAY_3},1,view,10,\n")
    lake.put(
        "b.csv",
        b"\xef\xbb\xbf"
        + f'extra,itemid,event,transactionid,visitorid,timestamp\r\n"x,y",11,transaction,5,2,{MAY_3 + 1}\r\n'.encode(),
    )
    lake.put("sub/c.csv.gz", f"event,timestamp,visitorid,itemid,transactionid\nview,{MAY_3 + 2},3,12,\n")
    lake.put("notes.txt", "not events")
    lake.put("empty.csv", "")
    lake.put("header.csv", f"{HEADER}\n")
    lake.put("width.csv", f"{HEADER}\n{MAY_3},4,view,10\n\n{MAY_3},4,view,10,,9\n  \n{MAY_3},4,view,10,\n")
    first = (MAY_3, 101, "view", 10, None)
    other = (MAY_3, 102, "view", 10, None)
    lake.put_events("first.csv", [first, first, (MAY_3, 101, "click", 10, None), other])
    lake.put_events("second.csv", [first, ("x", 101, "view", 10, None), (MAY_3, 101, "click", 10, None)])
    row = (MAY_3, 201, "transaction", 10, 5)
    lake.put_events(
        "fields.csv",
        [
            row,
            (MAY_3 + 1, *row[1:]),
            (MAY_3, 202, *row[2:]),
            (*row[:3], 11, 5),
            (*row[:4], 6),
            (MAY_3, 201, "view", 10, None),
        ],
    )
    lake.put_events("day.csv", [(MAY_3 + DAY_MS + n, 300 + n, "view", 1, None) for n in range(50)])
    lake.clean()
    return lake


def counts_of(lake: Lake) -> dict[str, tuple[int, ...]]:
    """raw, clean, rejected, duplicates by the last part of the file's name."""
    files = lake.metrics()["files"]
    keys = ("raw", "clean", "rejected", "duplicates")
    return {file["file"].rsplit("/", 1)[-1]: tuple(file[key] for key in keys) for file in files}


def test_columns_in_any_order_extra_columns_bom_crlf_and_gzip_are_read(
    spark: SparkSession, delivered: Lake
) -> None:
    assert [row for row in clean_rows(spark, delivered) if row[1] in ("1", "2", "3")] == [
        (MAY_3, "1", "view", "10", None),
        (MAY_3 + 1, "2", "transaction", "11", "5"),
        (MAY_3 + 2, "3", "view", "12", None),
    ]
    for name in ("a.csv", "b.csv", "c.csv.gz"):
        assert (name, counts_of(delivered)[name]) == (name, (1, 1, 0, 0))
    assert [name.rsplit("/", 1)[-1] for name in delivered.metrics()["ignored_files"]] == ["notes.txt"]


def test_raw_is_clean_plus_rejected_plus_duplicates_per_file_and_in_total(
    spark: SparkSession, delivered: Lake
) -> None:
    counts, whole = counts_of(delivered), delivered.metrics()
    assert (counts["first.csv"], counts["second.csv"]) == ((4, 2, 1, 1), (3, 0, 2, 1))
    assert tuple(whole[key] for key in ("raw", "clean", "rejected", "duplicates")) == (69, 62, 5, 2)
    assert whole["reasons"] == {"event_unknown": 2, "field_count": 2, "timestamp_not_integer": 1}
    rejected = read_rejected_events(spark, str(delivered.lake), None).orderBy(
        "reason", "source_file", "source_line"
    )
    assert [
        (row.reason, row.source_file.rsplit("/", 1)[-1], row.source_line, row.event, str(row.event_date))
        for row in rejected.collect()
    ] == [
        ("event_unknown", "first.csv", 4, "click", "2015-05-03"),
        ("event_unknown", "second.csv", 4, "click", "2015-05-03"),
        ("field_count", "width.csv", 2, "view", "2015-05-03"),
        ("field_count", "width.csv", 4, "view", "2015-05-03"),
        ("timestamp_not_integer", "second.csv", 3, "view", "1970-01-01"),
    ]


def test_the_line_of_a_rejected_row_is_its_line_however_the_file_is_split(
    spark: SparkSession, lake: Lake
) -> None:
    texts = {}
    for name, count in (("long.csv", 60), ("short.csv", 3), ("middle.csv.gz", 20)):
        rows = [
            f"{MAY_3 + n},{n},{'view' if n % 3 else f'bad{n}'},{n},\n" + "\n" * (n % 2) for n in range(count)
        ]
        texts[name] = f"{HEADER}\n" + "".join(rows)
        lake.put(name, texts[name])
    # Files that were put one after another: a header in the middle is no row.
    texts["long.csv"] += texts["long.csv"].replace("bad", "worse")
    lake.put("long.csv", texts["long.csv"])
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "500")
    try:
        lake.clean()
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert counts_of(lake)["long.csv"] == (120, 40, 40, 40)
    rejected = read_rejected_events(spark, str(lake.lake), None).collect()
    assert len(rejected) == 40 + 1 + 7
    for row in rejected:
        name = row.source_file.rsplit("/", 1)[-1]
        assert f",{row.event}," in texts[name].split("\n")[row.source_line - 1]


def test_events_that_differ_in_one_field_are_no_duplicates(delivered: Lake) -> None:
    assert counts_of(delivered)["fields.csv"] == (6, 6, 0, 0)


def test_lines_of_a_wrong_width_are_rejected_and_blank_lines_are_no_rows(delivered: Lake) -> None:
    assert counts_of(delivered)["width.csv"] == (3, 1, 2, 0)


def test_an_empty_file_and_a_file_with_only_a_header_hold_no_events(delivered: Lake) -> None:
    assert (counts_of(delivered)["empty.csv"], counts_of(delivered)["header.csv"]) == ((0,) * 4, (0,) * 4)


def test_each_day_is_one_file(delivered: Lake) -> None:
    assert delivered.days("clean") == ["2015-05-03", "2015-05-04"]
    for day in ("2015-05-03", "2015-05-04"):
        assert len(list((delivered.lake / "clean" / f"event_date={day}").glob("*.parquet"))) == 1


def test_a_window_replaces_its_days_leaves_the_others_and_records_days_without_events(
    spark: SparkSession, lake: Lake, metrics: Callable[[], dict]
) -> None:
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 1, "view", 1, None) for n in range(3)])
    lake.put_events("b.csv", [(MAY_3 + DAY_MS, 1, "click", 1, None)])
    lake.clean()
    assert lake.days("rejected") == ["2015-05-04"]
    lake.put_events("a.csv", [(MAY_3 + n * DAY_MS, 2, "view", 1, None) for n in (0, 2)])
    lake.clean("--from", "2015-05-04", "--to", "2015-05-05")
    assert clean_rows(spark, lake) == [
        (MAY_3, "1", "view", "1", None),
        (MAY_3 + 2 * DAY_MS, "2", "view", "1", None),
    ]
    assert lake.days("clean") == ["2015-05-03", "2015-05-04", "2015-05-05"]
    assert (metrics()["clean"], metrics()["outside_window"]) == (1, 1)
    (lake.raw / "b.csv").unlink()
    lake.put_events("a.csv", [(MAY_3, 1, "view", 1, None)])
    lake.clean()
    # A run over everything removes days that are gone.
    assert (lake.days("clean"), lake.days("rejected")) == (["2015-05-03"], [])


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
