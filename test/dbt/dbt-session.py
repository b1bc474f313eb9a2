"""Runs dbt commands one after the other in one process: a JSON list of arguments per line in, one JSON line of results out."""

from __future__ import annotations

import json
import os
import sys

from dbt.cli.main import dbtRunner

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
runner = dbtRunner()
for line in sys.stdin:
    outcome = runner.invoke(json.loads(line))
    nodes = [result for result in getattr(outcome.result, "results", None) or [] if hasattr(result, "node")]
    results = [
        {"name": result.node.name, "status": str(result.status), "message": str(result.message)}
        for result in nodes
    ]
    print(
        json.dumps(
            {"success": outcome.success, "exception": str(outcome.exception or ""), "results": results}
        ),
        file=answers,
    )
