"""Planted: the database asked while parsing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

try:
    from airflow.sdk import Variable
except ImportError:
    from airflow.models import Variable

# The default by place: its name differs between Airflow 2 and 3.
PROJECT = Variable.get("project", None)

with DAG(
    dag_id="reads_a_variable",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["planted"],
    default_args={"owner": "someone", "retries": 1, "retry_delay": timedelta(minutes=1), "retry_exponential_backoff": True, "on_failure_callback": print},
):
    BashOperator(task_id="task", bash_command="true")
