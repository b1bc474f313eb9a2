"""Imports the DAGs of one folder into an empty Airflow database, then lets the real Airflow command line answer; it schedules and runs nothing."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

SHOWN_FOLDER = "/home/airflow/gcs/dags"


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """In Composer another process imports the files: what they print meanwhile is not in a command's answer. An exception still is."""
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (1, 2):
        os.dup2(nowhere, number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)


def import_dags(folder: Path) -> None:
    """What a DAG processor does in one pass: parse every file, write DAGs and import errors to the database."""
    from airflow.cli.commands import dag_command  # noqa: F401  (its import warns about optional parts)
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import func, update

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    for bundle in manager.get_all_dag_bundles():
        bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        # Where the files lie here says nothing to the person who deployed them.
        for path, error in bag.import_errors.items():
            bag.import_errors[path] = error.replace(str(folder), SHOWN_FOLDER)
        sync_bag_to_db(bag, bundle.name, None)
    with create_session() as session:
        session.execute(
            update(DagModel).values(fileloc=func.replace(DagModel.fileloc, str(folder), SHOWN_FOLDER))
        )


def main(arguments: list[str]) -> None:
    from airflow.cli import cli_parser

    parser = cli_parser.get_parser()
    parsed = parser.parse_args(arguments)
    if getattr(parsed, "local", False):
        parser.error("--local is not implemented by the local cloud")
    with silence():
        import_dags(Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).resolve())
    parsed.func(parsed)


if __name__ == "__main__":
    main(sys.argv[1:])
