"""Planted: a template where the operator takes the text as it is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

with DAG(
    dag_id="template_nobody_fills_in",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["planted"],
    default_args={"owner": "someone", "retries": 1, "retry_delay": timedelta(minutes=1), "retry_exponential_backoff": True, "on_failure_callback": print},
):
    BashOperator(task_id="task", bash_command="true", queue="{{ var.value.queue }}")
