"""Judges every DAG of a folder by one list of rules and names what breaks them; it runs no task and opens no connection."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError, meta

# What a template may name: the data interval, not the logical date (a run of Airflow 3 need not have one),
# and nothing Airflow 3 removed.
KNOWN = {
    "data_interval_start",
    "data_interval_end",
    "dag",
    "dag_run",
    "run_id",
    "task",
    "task_instance",
    "ti",
    "params",
    "var",
    "conn",
    "macros",
    "inlets",
    "outlets",
}
LOGICAL_DATES = {
    "execution_date", "logical_date", "ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "next_execution_date", "prev_execution_date", "prev_execution_date_success",
    "next_ds", "next_ds_nodash", "prev_ds", "prev_ds_nodash", "tomorrow_ds", "tomorrow_ds_nodash", "yesterday_ds", "yesterday_ds_nodash",
}  # fmt: skip
CLOCKS = (
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "timezone.utcnow",
    "pendulum.now",
    "pendulum.today",
    "time.time",
    "time.monotonic",
)
DATABASE = (
    "Variable.get",
    "Variable.set",
    "BaseHook.get_connection",
    "Connection.get",
    "Connection.get_connection_from_secrets",
)
CHANCE = ("uuid", "random", "secrets")
OPENED = {
    "socket.connect": "a connection", "socket.getaddrinfo": "a name look-up", "socket.gethostbyname": "a name look-up", "subprocess.Popen": "a process",
    "os.system": "a process", "os.exec": "a process", "os.posix_spawn": "a process", "os.fork": "a process",
}  # fmt: skip


class Guard:
    """Refuses the network and other processes while files are parsed. An audit hook cannot be taken back, only told to look away."""

    def __init__(self) -> None:
        self.is_watching = False
        sys.addaudithook(self.audit)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_watching and event in OPENED:
            raise AssertionError(f"parsing a DAG opened {OPENED[event]} ({event})")

    def __enter__(self) -> None:
        self.is_watching = True

    def __exit__(self, *_: object) -> None:
        self.is_watching = False


GUARD = Guard()


def parse(folder: Path) -> Any:
    """The bag of a folder, with import errors instead of exceptions."""
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # Airflow 2.11
        from airflow.models.dagbag import DagBag
    # What the first import of Airflow does for itself is not the DAGs' doing.
    import airflow.providers.cncf.kubernetes.operators.pod
    import airflow.providers.google.cloud.operators.bigquery
    import airflow.providers.google.cloud.operators.dataproc
    import airflow.providers.google.cloud.sensors.gcs
    import airflow.providers.standard.operators.bash  # noqa: F401

    with GUARD:
        return DagBag(dag_folder=str(folder))


def judge(folder: Path) -> list[str]:
    """One line per broken rule, each beginning with the name of the file."""
    bag = parse(folder)
    found = [
        f"{Path(file).name}: does not import: {error.strip().splitlines()[-1]}"
        for file, error in bag.import_errors.items()
    ]
    for file in sorted(folder.glob("*.py")):
        found += [
            f"{file.name}: {reason}" for reason in judge_source(ast.parse(file.read_text(encoding="utf-8")))
        ]
        names = sorted(dag.dag_id for dag in bag.dags.values() if Path(dag.fileloc).name == file.name)
        if names != [file.stem] and not any(
            line.startswith(f"{file.name}: does not import") for line in found
        ):
            found.append(
                f"{file.name}: holds the DAGs {names}, where one with the name of the file is expected"
            )
    for dag in bag.dags.values():
        found += [f"{Path(dag.fileloc).name}: {reason}" for reason in judge_dag(dag)]
    return sorted(found)


def judge_source(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            ends = [known for known in (*CLOCKS, *DATABASE) if name == known or name.endswith(f".{known}")]
            if ends and ends[0] in CLOCKS:
                yield f"line {node.lineno}: reads the clock ({name})"
            elif ends:
                yield f"line {node.lineno}: asks Airflow's database ({name}); a template does so when the task runs"
            elif name.split(".")[0] in CHANCE:
                yield f"line {node.lineno}: is different each time it is parsed ({name})"
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in ("os.environ", "os.getenv"):
            yield f"line {node.lineno}: reads the environment ({ast.unparse(node)})"
        word = (
            node.value
            if isinstance(node, ast.Constant)
            else node.attr
            if isinstance(node, ast.Attribute)
            else node.arg
            if isinstance(node, ast.arg)
            else None
        )
        if isinstance(word, str) and word in LOGICAL_DATES:
            yield f"line {node.lineno}: uses {word}; what a run covers is its data interval"


def judge_dag(dag: Any) -> Iterator[str]:
    if not dag.tags:
        yield "has no tags"
    if dag.catchup:
        yield "catches up: a new deployment would start every day since its first"
    if dag.max_active_runs != 1:
        yield f"max_active_runs is {dag.max_active_runs}: a day needs the day before it"
    for task in dag.tasks:
        yield from (
            f"task {task.task_id}: {reason}" for reason in (*judge_task(task), *judge_templates(task))
        )


def judge_task(task: Any) -> Iterator[str]:
    if task.owner in ("airflow", ""):
        yield "has no owner"
    if (task.retries or 0) < 1:
        yield "is never tried again"
    elif task.retry_delay < timedelta(minutes=1) or not task.retry_exponential_backoff:
        yield "is tried again without waiting longer each time, a minute at least"
    if not task.on_failure_callback:
        yield "tells nobody when it fails (on_failure_callback)"


def judge_templates(task: Any) -> Iterator[str]:
    environment = task.dag.get_template_env()
    for field in task.template_fields:
        for text in texts_of(getattr(task, field, None)):
            try:
                names = meta.find_undeclared_variables(environment.parse(text))
            except TemplateSyntaxError as error:  # An unknown filter is one, too.
                yield f"{field}: the template does not parse: {error.message}"
                continue
            for name in sorted(names):
                if name in LOGICAL_DATES:
                    yield f"{field}: uses {name}; what a run covers is its data interval"
                elif name not in KNOWN:
                    yield f"{field}: {name} is not known to any template"
    filled = set(task.template_fields) | {f"_{field}" for field in task.template_fields}
    for field, value in vars(task).items():
        if (
            field not in filled
            and not field.startswith("_BaseOperator__")
            and field != "doc_md"
            and any("{{" in text for text in texts_of(value))
        ):
            yield f"{field}: holds a template, and the operator takes it as it is"


def texts_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from texts_of(inner)
