"""One query a line of standard input, as JSON: what sqlglot makes of it for DuckDB, or null where it makes nothing."""

import json
import sys

import sqlglot

for line in sys.stdin:
    try:
        (translated,) = sqlglot.transpile(
            json.loads(line), read="bigquery", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE
        )
    except (sqlglot.errors.SqlglotError, ValueError):
        translated = None
    print(json.dumps(translated))
