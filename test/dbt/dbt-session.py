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
    results = [{"name": r.node.name, "status": str(r.status), "message": str(r.message)} for r in getattr(outcome.result, "results", None) or [] if hasattr(r, "node")]
    print(json.dumps({"success": outcome.success, "exception": str(outcome.exception or ""), "results": results}), file=answers)
