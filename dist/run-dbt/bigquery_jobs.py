"""What dbt's BigQuery adapter has no setting for: labels on each job, and a record of the jobs that were begun and ended.

Both hang on methods of the adapter and of Google's client. In a version without them dbt runs as always, and `watch` says what is missing.
"""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

NODE = re.compile(r"^(model|seed|snapshot|test|unit_test|operation|source)\.")


def label(value: str) -> str:
    """A legal value of a label."""
    return re.sub(r"[^a-z0-9_-]", "_", value.strip().lower())[:63]


class Record:
    """One line per job: `{"begun": ID}` before it is sent, `{"ended": ID}` once its result was there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lock = threading.Lock()

    def add(self, what: str, job: str) -> None:
        with self.lock, self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({what: job}) + "\n")

    def listen(self, event: object) -> None:
        """For dbt's callbacks."""
        if event.info.name == "SQLQueryStatus" and getattr(event.data, "query_id", ""):
            self.add("ended", event.data.query_id)


def watch(record: Record, labels: dict[str, str]) -> str | None:
    """@returns: what this adapter cannot do, None when it can do all."""
    try:
        from dbt.adapters.bigquery.connections import BigQueryConnectionManager as Manager

        make_id: Callable[[Manager], str] = Manager.generate_job_id
        own_labels: Callable[[Manager], dict[str, str]] = Manager.get_labels_from_query_comment
    except (ImportError, AttributeError):
        return "this dbt-bigquery takes no labels for its jobs and names none of them"

    def labels_of(manager: Manager) -> dict[str, str]:
        node = manager.get_thread_connection().name or ""
        model = {"model": label(node.split(".", 1)[1])} if NODE.match(node) else {}
        # What the author's query comment says of its job wins.
        return {**labels, **model, **own_labels(manager)}

    def generate_job_id(manager: Manager) -> str:
        job = make_id(manager)
        record.add("begun", job)
        return job

    Manager.generate_job_id = generate_job_id
    Manager.get_labels_from_query_comment = labels_of
    return label_loads(Manager, labels_of, labels)


def label_loads(
    manager_class: type, labels_of: Callable[[object], dict[str, str]], of_run: dict[str, str]
) -> str | None:
    """Jobs that load a seed or copy a table: the adapter makes them by other ways than its queries.

    @returns: what this adapter cannot do, None when it can do all.
    """
    of_thread = threading.local()

    def known(method: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(method)
        def work(manager: object, *args: object, **named: object) -> object:
            of_thread.labels = labels_of(manager)
            try:
                return method(manager, *args, **named)
            finally:
                del of_thread.labels

        return work

    def labelled(method: Callable[..., object], make_config: Callable[[], object]) -> Callable[..., object]:
        @functools.wraps(method)
        def work(client: object, *args: object, **named: object) -> object:
            config = named.get("job_config") or make_config()
            config.labels = {**getattr(of_thread, "labels", of_run), **config.labels}
            return method(client, *args, **{**named, "job_config": config})

        return work

    try:
        from google.cloud.bigquery import Client, CopyJobConfig, LoadJobConfig

        for name in ("write_dataframe_to_table", "write_file_to_table", "copy_bq_table"):
            if hasattr(manager_class, name):
                setattr(manager_class, name, known(getattr(manager_class, name)))
        Client.load_table_from_file = labelled(Client.load_table_from_file, LoadJobConfig)
        Client.copy_table = labelled(Client.copy_table, CopyJobConfig)
    except (ImportError, AttributeError):
        return "this dbt-bigquery takes no labels for jobs that load seeds and copy tables"
    return None
