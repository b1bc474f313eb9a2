"""Planted: a start that moves with every parse."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

with DAG(
    dag_id="reads_the_clock",
    schedule=None,
    start_date=datetime.now(timezone.utc) - timedelta(days=1),
    catchup=False,
    max_active_runs=1,
    tags=["planted"],
    default_args={"owner": "someone", "retries": 1, "retry_delay": timedelta(minutes=1), "retry_exponential_backoff": True, "on_failure_callback": print},
):
    BashOperator(task_id="task", bash_command="true")
