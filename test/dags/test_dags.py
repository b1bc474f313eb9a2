"""Integrity of every DAG: it imports, does nothing while being parsed, and has what operations need."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

DAGS = Path(__file__).resolve().parents[2] / "dags"
SECRETS_READ: list[str] = []


@pytest.fixture(scope="session")
def dag_bag(tmp_path_factory: pytest.TempPathFactory):
    os.environ["AIRFLOW_HOME"] = str(tmp_path_factory.mktemp("airflow"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # Airflow 2.11
        from airflow.models.dagbag import DagBag
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _refuse("a connection"))
        patch.setattr(subprocess.Popen, "__init__", _refuse("a process"))
        return DagBag(dag_folder=str(DAGS))


def _refuse(what: str):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError(f"parsing a DAG opened {what}")

    return refuse


def test_every_file_imports_without_network_or_processes(dag_bag) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == {path.stem for path in DAGS.glob("*.py")}


def test_nothing_reads_variables_connections_or_the_clock_while_parsing() -> None:
    for path in DAGS.glob("*.py"):
        source = path.read_text()
        for forbidden in ("Variable.get", "BaseHook", "datetime.now", "utcnow", "today()", "os.environ", "uuid", "random"):
            assert forbidden not in source, f"{path.name} uses {forbidden} at parse time"


def test_tasks_retry_belong_to_someone_and_runs_of_a_dag_never_overlap(dag_bag) -> None:
    for dag in dag_bag.dags.values():
        assert dag.max_active_runs == 1, dag.dag_id
        assert dag.tags, dag.dag_id
        assert dag.catchup is False, dag.dag_id
        for task in dag.tasks:
            assert task.retries >= 1, task.task_id
            assert task.owner not in ("airflow", ""), task.task_id
            assert task.retry_delay >= timedelta(minutes=1), task.task_id


def test_the_pipeline_runs_in_this_order(dag_bag) -> None:
    dag = dag_bag.dags["clickstream_pipeline"]
    order = [task.task_id for task in dag.topological_sort()]
    assert order == ["wait_for_events", "clean", "sessionize", "load", "build", "check_views"]
    assert all(dag.get_task(later).upstream_task_ids == {earlier} for earlier, later in itertools.pairwise(order))


def test_batches_name_their_service_account_and_are_new_on_each_try(dag_bag) -> None:
    dag = dag_bag.dags["clickstream_pipeline"]
    for job in ("clean", "sessionize"):
        task = dag.get_task(job)
        assert "ti.try_number" in task.batch_id
        assert "caec-spark@" in task.batch["environment_config"]["execution_config"]["service_account"]
        assert "batch_id" in task.template_fields and "batch" in task.template_fields


def test_a_daily_run_covers_the_day_before_it(dag_bag) -> None:
    from airflow.timetables.base import TimeRestriction
    from pendulum import datetime

    timetable = dag_bag.dags["clickstream_pipeline"].timetable
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=TimeRestriction(datetime(2026, 3, 1), None, True))
    assert info is not None
    assert info.data_interval.start.date().isoformat() == "2026-03-01"
    assert info.run_after.date().isoformat() == "2026-03-02"


def test_every_template_parses(dag_bag) -> None:
    from jinja2 import Environment

    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            for field in task.template_fields:
                for text in _texts(getattr(task, field, None)):
                    Environment(autoescape=False).parse(text)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list | tuple) else []
