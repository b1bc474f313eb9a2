"""Every DAG keeps the rules, on the Airflow that runs this file; each rule is seen failing on a planted DAG; and what the pipeline says it does, it does."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-of-a-test-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
# A machine that does other things at the same time is no fault of a DAG.
os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "300"

from judge import judge, parse

DAGS = Path(__file__).resolve().parents[2] / "dags"
VIEWS = sorted(path.stem for path in (DAGS.parent / "bigquery/views/caec_insights").glob("*.sql"))
PLANTED = Path(__file__).resolve().parent / "planted"
IMAGE = "us-central1-docker.pkg.dev/caec-local/images/dbt@sha256:" + "a" * 64
SPARK = {
    job: {
        "main": f"submit-spark/{job[0] * 64}/{job}.py",
        "pyFiles": ["submit-spark/" + "f" * 64 + "/tables.zip"],
    }
    for job in ("clean", "sessionize")
}

EXPECTED = {
    "broken_template": "task task: bash_command: the template does not parse",
    "catches_up": "catches up",
    "does_not_import": "does not import: ModuleNotFoundError",
    "ds_in_a_template": "task task: bash_command: uses ds",
    "execution_date_in_a_template": "task task: bash_command: uses execution_date",
    "hasty_retries": "task task: is tried again without waiting longer each time",
    "is_different_each_time": "is different each time it is parsed (uuid.uuid4)",
    "logical_date_in_code": "uses logical_date",
    "looks_up_a_name": "parsing a DAG opened a name look-up",
    "no_owner": "task task: has no owner",
    "no_retries": "task task: is never tried again",
    "no_tags": "has no tags",
    "opens_a_connection": "parsing a DAG opened a connection",
    "other_name": "holds the DAGs ['another_id']",
    "overlapping_runs": "max_active_runs is 4",
    "reads_a_variable": "asks Airflow's database (Variable.get)",
    "reads_the_clock": "reads the clock (datetime.now)",
    "silent_failure": "task task: tells nobody when it fails",
    "starts_a_process": "parsing a DAG opened a process",
    "template_nobody_fills_in": "task task: queue: holds a template, and the operator takes it as it is",
    "unknown_in_a_template": "task task: bash_command: data_intervall_start is not known",
}


def folder_with(target: Path, release: dict[str, Any] | None) -> Path:
    shutil.copytree(DAGS, target, ignore=shutil.ignore_patterns("__pycache__"))
    if release is not None:
        (target / "clickstream_pipeline.release.json").write_text(json.dumps(release), encoding="utf-8")
    return target


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The DAG folder as in the source tree, as a release without an image leaves it, and as one with an image does."""
    root = tmp_path_factory.mktemp("dags")
    release = {"schemaVersion": 1, "digest": "0" * 64, "spark": SPARK, "dbt": None}
    return {
        "source": folder_with(root / "source", None),
        "process": folder_with(root / "process", release),
        "pod": folder_with(root / "pod", {**release, "dbt": {"image": IMAGE}}),
    }


@pytest.fixture(scope="session")
def pipelines(folders: dict[str, Path]) -> dict[str, Any]:
    return {name: parse(folder).dags["clickstream_pipeline"] for name, folder in folders.items()}


@pytest.mark.parametrize("name", ["source", "process", "pod"])
def test_every_dag_keeps_every_rule(folders: dict[str, Path], name: str) -> None:
    assert judge(folders[name]) == []


@pytest.fixture(scope="session")
def verdicts() -> list[str]:
    return judge(PLANTED)


@pytest.mark.parametrize("name", sorted(path.stem for path in PLANTED.glob("*.py")))
def test_a_planted_dag_is_found_for_what_was_planted_and_nothing_else(verdicts: list[str], name: str) -> None:
    found = [line.removeprefix(f"{name}.py: ") for line in verdicts if line.startswith(f"{name}.py: ")]
    assert found
    assert all(EXPECTED[name] in line for line in found), found


def test_the_pipeline_runs_in_this_order(pipelines: dict[str, Any]) -> None:
    for dag in pipelines.values():
        order = [task.task_id for task in dag.topological_sort()]
        assert order == ["wait_for_events", "clean", "sessionize", "load", "build", "check_views"]
        assert all(
            dag.get_task(later).upstream_task_ids == {earlier} for earlier, later in itertools.pairwise(order)
        )


def test_without_a_release_each_task_fails_with_one_sentence_and_no_retry(pipelines: dict[str, Any]) -> None:
    try:
        from airflow.sdk.exceptions import AirflowFailException
    except ImportError:
        from airflow.exceptions import AirflowFailException

    for task in pipelines["source"].tasks:
        with pytest.raises(
            AirflowFailException,
            match=r"There is no clickstream_pipeline.release.json beside .*; deploy the dags folder of a release package",
        ):
            task._pre_execute_hook({})
    for task in pipelines["process"].tasks:
        task._pre_execute_hook({})


def test_a_release_file_of_another_schema_is_refused_at_import(tmp_path: Path) -> None:
    bag = parse(folder_with(tmp_path / "newer", {"schemaVersion": 2, "spark": SPARK, "dbt": None}))
    assert list(bag.dags) == []
    assert "schemaVersion 2 and this DAG reads 1" in "".join(bag.import_errors.values())


def test_batches_run_the_staged_files_of_the_release_as_the_spark_account(pipelines: dict[str, Any]) -> None:
    for job in ("clean", "sessionize"):
        task = pipelines["process"].get_task(job)
        assert task.batch["pyspark_batch"]["main_python_file_uri"].endswith(f"-staging/{SPARK[job]['main']}")
        assert [
            uri.split("-staging/")[1] for uri in task.batch["pyspark_batch"]["python_file_uris"]
        ] == SPARK[job]["pyFiles"]
        assert (
            task.batch["environment_config"]["execution_config"]["service_account"]
            == "caec-spark@{{ var.value.caec_project }}.iam.gserviceaccount.com"
        )


@pytest.mark.parametrize(
    ("variables", "subnetwork"),
    [
        ({}, "default"),
        ({"caec_subnetwork": "projects/p/regions/r/subnetworks/s"}, "projects/p/regions/r/subnetworks/s"),
    ],
)
def test_batches_run_in_the_subnet_of_the_environment(
    pipelines: dict[str, Any], variables: dict[str, str], subnetwork: str
) -> None:
    dag = pipelines["process"]
    context = {"var": {"value": {"caec_project": "p", "caec_region": "r", **variables}}}
    for job in ("clean", "sessionize"):
        template = dag.get_task(job).batch["environment_config"]["execution_config"]["subnetwork_uri"]
        assert dag.get_template_env().from_string(template).render(context) == subnetwork


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({}, "--source="),
        ({"caec_source": "gs://p-lake/sources/own.json"}, "--source=gs://p-lake/sources/own.json"),
    ],
)
def test_clean_is_told_the_source_that_the_variable_names(
    pipelines: dict[str, Any], variables: dict[str, str], source: str
) -> None:
    dag = pipelines["process"]
    context = {
        "params": {"days": "new"},
        "var": {"value": {"caec_project": "p", "caec_region": "r", **variables}},
    }
    arguments = dag.get_task("clean").batch["pyspark_batch"]["args"]
    assert source in [dag.get_template_env().from_string(word).render(context) for word in arguments]


@pytest.mark.parametrize(
    ("days", "variables", "load", "build"),
    [
        (
            "new",
            {},
            "{lake: gs://p-lake}",
            "{session_max_hours: 24, session_gap_minutes: 30, expected_day: 2015-05-03}",
        ),
        (
            "2015-05-03..2015-05-10",
            {
                "caec_items": "gs://p-raw/items.csv",
                "caec_session_max_hours": "12",
                "caec_session_gap_minutes": "10",
                "caec_max_events_per_visitor_day": "500",
            },
            "{lake: gs://p-lake, items: gs://p-raw/items.csv}",
            "{session_max_hours: 12, session_gap_minutes: 10}",
        ),
        ("all", {}, "{lake: gs://p-lake, full: true}", "{session_max_hours: 24, session_gap_minutes: 30}"),
    ],
)
def test_a_run_takes_what_is_new_or_the_days_it_is_told(
    pipelines: dict[str, Any], days: str, variables: dict[str, str], load: str, build: str
) -> None:
    from datetime import datetime, timezone

    dag = pipelines["process"]
    environment = dag.get_template_env()
    context = {
        "params": {"days": days},
        "data_interval_start": datetime(2015, 5, 3, 2, 15, tzinfo=timezone.utc),
        "var": {"value": {"caec_project": "p", "caec_region": "r", **variables}},
    }

    def filled(text: str) -> str:
        return environment.from_string(text).render(context)

    for job in ("clean", "sessionize"):
        assert [filled(word) for word in dag.get_task(job).batch["pyspark_batch"]["args"]][-2:] == [
            "--lake=gs://p-lake",
            f"--days={days}",
        ]
    hours = variables.get("caec_session_max_hours", "24")
    minutes = variables.get("caec_session_gap_minutes", "30")
    most = variables.get("caec_max_events_per_visitor_day", "100000")
    for job, given in (
        ("sessionize", [f"--session-max-hours={hours}", f"--session-gap-minutes={minutes}"]),
        ("clean", ["--source=", f"--max-events-per-visitor-day={most}"]),
    ):
        arguments = dag.get_task(job).batch["pyspark_batch"]["args"]
        assert [filled(word) for word in arguments][-4:-2] == given
    assert filled(dag.get_task("load").env["DBT_WORD_5"]) == load
    words = [filled(word) for word in dag.get_task("build").env.values()]
    assert words[words.index("--vars") + 1] == build
    assert [str(one.uri) for one in dag.get_task("build").outlets] == ["x-caec://clickstream/published"]


DAY_END = "2015-05-04"


@pytest.mark.parametrize(
    ("names", "last_run", "settings", "is_there"),
    [
        ({}, None, {}, False),
        # Of any name, in any folder, of any day.
        ({"events/dt=2015-05-01/part": "2015-05-04 01:00"}, None, {}, True),
        ({"events/ga4-000000000000.json": "2015-05-04 01:00"}, None, {}, True),
        # Before the day ended, in the run before, still coming, not of events, hidden.
        ({"events/2015-05-03.csv": "2015-05-03 23:00"}, None, {}, False),
        ({"events/2015-05-03.csv": "2015-05-04 01:00"}, "2015-05-04 01:30", {}, False),
        ({"events/a": "2015-05-04 01:00", "events/b": "2015-05-04 02:14"}, None, {}, False),
        ({"other/2015-05-03.csv": "2015-05-04 01:00"}, None, {}, False),
        ({"events/_SUCCESS": "2015-05-04 01:00"}, None, {}, False),
        ({"events/a": "2015-05-04 01:00"}, "2015-05-03 02:30", {}, True),
        # The object that says so, and nothing else.
        ({"events/a": "2015-05-04 01:00"}, None, {"ready": "events/_SUCCESS"}, False),
        ({"events/_SUCCESS": "2015-05-03 22:00"}, None, {"ready": "events/_SUCCESS"}, True),
        # By hand, for named days, and after some hours nobody waits.
        ({}, None, {"run_type": "manual"}, True),
        ({}, None, {"days": "all"}, True),
        ({}, None, {"started": "2015-05-03 20:00"}, True),
        # Airflow's own backfill asks for days that are over: nothing newer will come, only what says a day is complete.
        ({}, None, {"run_type": "backfill"}, True),
        ({"events/a": "2015-05-04 01:00"}, "2015-05-04 01:30", {"run_type": "backfill"}, True),
        ({"events/a": "2015-05-04 01:00"}, None, {"run_type": "backfill", "ready": "events/_SUCCESS"}, False),
        (
            {"events/_SUCCESS": "2015-05-03 22:00"},
            None,
            {"run_type": "backfill", "ready": "events/_SUCCESS"},
            True,
        ),
        ({}, None, {"run_type": "manual", "ready": "events/_SUCCESS"}, True),
    ],
)
def test_a_night_waits_for_what_arrives_whatever_it_is_called(
    pipelines: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    names: dict[str, str],
    last_run: str | None,
    settings: dict[str, str],
    is_there: bool,
) -> None:
    from datetime import datetime, timezone
    from types import SimpleNamespace

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)

    objects = {f"p-raw/{name}": at(updated) for name, updated in names.items()}
    if last_run is not None:
        objects["p-lake/_metrics/clean.json"] = at(last_run)

    class Bucket:
        def __init__(self, name: str) -> None:
            self.name = name

        def blob(self, name: str) -> Any:
            return SimpleNamespace(exists=lambda: f"{self.name}/{name}" in objects)

        def get_blob(self, name: str) -> Any:
            updated = objects.get(f"{self.name}/{name}")
            return None if updated is None else SimpleNamespace(updated=updated)

        def list_blobs(self, prefix: str, fields: str) -> list[Any]:
            start = f"{self.name}/"
            return [
                SimpleNamespace(name=name.removeprefix(start), updated=updated)
                for name, updated in objects.items()
                if name.startswith(start + prefix)
            ]

    sensor = pipelines["process"].get_task("wait_for_events")
    known = sensor.python_callable.__globals__
    monkeypatch.setitem(
        known, "GCSHook", lambda: SimpleNamespace(get_conn=lambda: SimpleNamespace(bucket=Bucket))
    )
    given = {
        "project": "p",
        "days": "new",
        "run_type": "scheduled",
        "day_end": DAY_END,
        "ready": "",
        "now": str(at("2015-05-04 02:15").timestamp()),
        **settings,
    }
    started = at(given.pop("started", "2015-05-04 02:15"))
    assert sensor.python_callable(**given, dag_run=SimpleNamespace(start_date=started)) is is_there


@pytest.mark.parametrize("name", ["MANUAL", "BACKFILL"])
def test_a_run_by_hand_and_a_backfill_are_told_whichever_airflow_says_so(
    pipelines: dict[str, Any], name: str
) -> None:
    from types import SimpleNamespace

    try:
        # As a task of Airflow 3 has it: its text is not its value.
        from airflow.sdk.api.datamodels._generated import DagRunType
    except ImportError:
        from airflow.utils.types import DagRunType
    kinds = [kind for kind in DagRunType if kind.name.startswith(name)]
    sensor = pipelines["process"].get_task("wait_for_events")
    template = pipelines["process"].get_template_env().from_string(sensor.op_kwargs["run_type"])
    said = [template.render(dag_run=SimpleNamespace(run_type=kind)) for kind in kinds]
    assert said == [name.lower()]


def test_a_failure_is_told_to_the_webhook_of_the_connection_and_its_address_to_nobody(
    pipelines: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from types import SimpleNamespace

    got: list[tuple[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body)))
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("Location", "/secret")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    task = pipelines["process"].get_task("load")
    callbacks = task.on_failure_callback
    tell = (callbacks[0] if isinstance(callbacks, list) else callbacks).__globals__["say_and_tell"]
    origin = f"http://127.0.0.1:{server.server_port}"
    for address in (f"{origin}/secret", f"{origin}/moved", "http://example.com/secret", None):

        def connection(_: str, address: str | None = address) -> Any:
            if address is None:
                raise tell.__globals__["AirflowException"]("caec_alerts")
            return SimpleNamespace(password=address)

        monkeypatch.setitem(tell.__globals__, "GCSHook", SimpleNamespace(get_connection=connection))
        ti = SimpleNamespace(dag_id="clickstream_pipeline", run_id="r", task_id="load", try_number=3)
        tell({"task": task, "ti": ti, "exception": ValueError("it broke")})
    server.shutdown()
    sentence = (
        "clickstream_pipeline, run r: task load failed in try 3 (it broke); look at the log of this try"
    )
    assert got == [("/secret", {"text": sentence}), ("/moved", {"text": sentence})]
    assert "secret" not in caplog.text


def test_a_batch_ends_when_airflow_ended_waiting_for_it(pipelines: dict[str, Any]) -> None:
    for job in ("clean", "sessionize"):
        task = pipelines["process"].get_task(job)
        limit = task.batch["environment_config"]["execution_config"]["ttl"]
        assert limit == {"seconds": task.execution_timeout.total_seconds()}


@pytest.mark.parametrize("days", ["yesterday", "2015-05-03,2015-05-04", "--lake=gs://other", ""])
def test_days_that_are_none_are_refused_before_a_run_begins(pipelines: dict[str, Any], days: str) -> None:
    with pytest.raises(Exception, match="does not match"):
        pipelines["process"].params.get_param("days").resolve(days)


def test_dbt_in_a_pod_and_as_a_process_is_the_same_command(pipelines: dict[str, Any]) -> None:
    for name in ("load", "build"):
        pod, process = pipelines["pod"].get_task(name), pipelines["process"].get_task(name)
        assert (pod.namespace, pod.config_file, pod.kubernetes_conn_id, pod.image) == (
            "composer-user-workloads",
            "/home/airflow/composer_kube_config",
            "kubernetes_default",
            IMAGE,
        )
        words = [process.env[f"DBT_WORD_{position}"] for position in range(len(pod.arguments) + 1)]
        assert words[1:] == pod.arguments
        # The shell's text is fixed; what varies are variables it quotes.
        assert "{{" not in process.bash_command


def test_a_batch_id_is_the_same_for_the_same_try_and_new_for_another_or_after_clearing(
    pipelines: dict[str, Any],
) -> None:
    import re
    import uuid
    from datetime import datetime, timezone
    from types import SimpleNamespace

    from jinja2 import Environment

    environment = Environment(autoescape=False)
    environment.filters["ds_nodash"] = lambda value: value.strftime("%Y%m%d")

    def batch_id(started: datetime, tried: int, run_id: str = "scheduled__2015-05-03T02:15:00+00:00") -> str:
        context = {
            "data_interval_start": datetime(2015, 5, 3, 2, 15, tzinfo=timezone.utc),
            "run_id": run_id,
            "dag_run": SimpleNamespace(start_date=started),
        }
        return environment.from_string(pipelines["process"].get_task("sessionize").batch_id).render(
            **context, ti=SimpleNamespace(try_number=tried), macros=SimpleNamespace(uuid=uuid)
        )

    start, cleared = datetime(2026, 3, 1, tzinfo=timezone.utc), datetime(2026, 3, 2, tzinfo=timezone.utc)
    ids = [
        batch_id(start, 1),
        batch_id(start, 2),
        batch_id(cleared, 1),
        batch_id(start, 1, "manual__2026-03-01T00:00:00+00:00"),
    ]
    assert len(set(ids)) == 4
    assert batch_id(start, 1) == ids[0]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{2,61}[a-z0-9]", one) for one in ids)


def test_the_views_check_opens_every_published_view_and_reads_of_the_load_the_newest_day(
    pipelines: dict[str, Any],
) -> None:
    query = pipelines["process"].get_task("check_views").configuration["query"]["query"]
    lines = [line for line in query.splitlines() if ".caec_insights." in line]
    assert len(lines) == len(VIEWS)
    for view, line in zip(VIEWS, lines, strict=True):
        assert f".caec_insights.{view}` WHERE FALSE;" in line
    assert query.count("MAX(event_ts)") == 1
    # What the filter names is declared: with a subquery in its place BigQuery reads every day.
    assert ".caec_raw.sessionized_events` WHERE event_date >= newest_day)" in query
    assert "DECLARE newest_day DATE" in query


@pytest.mark.parametrize("way", ["execute", "execute_complete"])
def test_what_the_gate_rings_for_ends_the_check_at_once_and_no_other_verdict_does(
    pipelines: dict[str, Any], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    import re

    from airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator

    try:
        from airflow.sdk.exceptions import AirflowFailException
    except ImportError:
        from airflow.exceptions import AirflowFailException

    task = pipelines["process"].get_task("check_views")
    query = task.configuration["query"]["query"]
    raised = re.findall(r"RAISE USING MESSAGE = CONCAT\('([^']+)'", query)
    rings = [message for message in raised if message.startswith("the numbers are published")]
    unopened = [message for message in raised if message.endswith(" does not open: ")]
    verdicts = [*re.findall(r" AS '([^']+)';", query), *unopened]
    # Two of the load, one of each view.
    assert (len(rings), len(verdicts), len(raised)) == (1, 2 + len(VIEWS), 1 + len(VIEWS))

    def check(verdict: str) -> None:
        # As the job of BigQuery ends; with a trigger its message comes in an event.
        message = f"BigQuery job failed: {{'message': 'Query error: {verdict} at [13:1]'}}"

        def fail(*_: Any) -> None:
            raise RuntimeError(message)

        monkeypatch.setattr(BigQueryInsertJobOperator, "execute", fail)
        if way == "execute":
            task.execute({})
        else:
            task.execute_complete({}, {"status": "error", "message": message})

    with pytest.raises(
        AirflowFailException, match="^the numbers are published, and the gate rings: late_rows"
    ):
        check(f"{rings[0]}late_rows of 2015-06-10")
    for verdict in verdicts:
        with pytest.raises(Exception, match="Query error") as raised:
            check(verdict)
        assert not isinstance(raised.value, AirflowFailException)


def test_a_daily_run_covers_the_day_before_it(pipelines: dict[str, Any]) -> None:
    from airflow.timetables.base import TimeRestriction
    from pendulum import datetime

    timetable = pipelines["process"].timetable
    info = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(datetime(2026, 3, 1), None, True)
    )
    assert info is not None
    assert info.data_interval.start.date().isoformat() == "2026-03-01"
    assert info.run_after.date().isoformat() == "2026-03-02"
