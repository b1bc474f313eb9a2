"""Counts of a run as JSON, `<lake>/_metrics/<job>.json` and one line on stdout; it refuses numbers that do not add up."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from pyspark.sql import SparkSession

from tables.files import write_text
from transforms.reconciliation import FATES


def write_metrics(spark: SparkSession, lake: str, job: str, metrics: dict[str, Any]) -> None:
    text = json.dumps({"job": job, **metrics}, indent=None, separators=(",", ":"))
    write_text(spark, f"{lake}/_metrics/{job}.json", text + "\n")
    print(text, flush=True)


def check_reconciles(counts: dict[str, int], what: str) -> None:
    """raw = clean + rejected + duplicates + quarantined + outside_window, else ArithmeticError: rows were lost or made up."""
    parts = sum(counts[fate] for fate in FATES)
    if counts["raw"] != parts:
        raise ArithmeticError(
            f"reconciling {what}: {counts['raw']} raw rows, but {' + '.join(FATES)} = {parts}"
        )


def write_quarantine(spark: SparkSession, lake: str, files: dict[str, dict[str, int] | None]) -> None:
    """`<lake>/_ledger/quarantine.csv`: every raw file that is left out now, and why; the load takes it along."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file", "reasons"))
    rows.writerows((name, json.dumps(reasons)) for name, reasons in sorted(files.items()))
    write_text(spark, f"{lake}/_ledger/quarantine.csv", text.getvalue())
