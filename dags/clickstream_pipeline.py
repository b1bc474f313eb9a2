"""
Clickstream every night, from the raw files that arrived to the published numbers. Wiring only: it computes nothing when Airflow parses it.

A run takes what is new or changed since the last one, whatever its days: late files, a missed night, a file that was mended. The parameter `days` says otherwise:
`all`, or days to compute anew, as 2015-05-03 or 2015-05-03..2015-05-10.

Airflow variables, read when a task runs: `caec_project` and `caec_region`; `caec_subnetwork`, where the network `default` is not the batches'; `caec_max_rejected_share`, where another limit than each source's own is to count; `caec_source`, where the files are of a source of one's own; `caec_session_max_hours` and `caec_session_gap_minutes`, where sessions end at another age or gap; `caec_max_events_per_visitor_day`, where another number is a robot's; `caec_items`, a file of product names; `caec_ready_object`, the object that says a day is complete; where dbt is a process also `caec_dbt` (the program) and `caec_dbt_dir` (the project folder).
What each task does, how to backfill and where to look when it fails: docs/dag.md.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from http.client import HTTPException
from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.providers.google.cloud.hooks.gcs import GCSHook
from airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator
from airflow.providers.google.cloud.operators.dataproc import DataprocCreateBatchOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG, Asset
    from airflow.sdk.definitions.param import Param
except ImportError:  # Airflow 2.11 has no airflow.sdk
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.models.param import Param
try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # Airflow before 3.2
    from airflow.exceptions import AirflowException, AirflowFailException

RELEASE_FILE = Path(__file__).with_suffix(".release.json")
RELEASE: dict[str, Any] | None = (
    json.loads(RELEASE_FILE.read_text(encoding="utf-8")) if RELEASE_FILE.exists() else None
)
if RELEASE is not None and RELEASE.get("schemaVersion") != 1:
    raise ValueError(
        f"{RELEASE_FILE.name} has schemaVersion {RELEASE.get('schemaVersion')!r} and this DAG reads 1; deploy the DAG and its release file together"
    )

# Airflow configuration overrides, section caec: deferrable = False where an environment has no triggerer;
# poke_interval in seconds; start_date, the first day that a backfill may ask for.
DEFERRABLE = conf.getboolean("caec", "deferrable", fallback=True)
POKE_INTERVAL = conf.getfloat("caec", "poke_interval", fallback=300.0)
START_DATE = datetime.strptime(conf.get("caec", "start_date", fallback="2015-05-03"), "%Y-%m-%d").replace(
    tzinfo=timezone.utc
)
WAIT_HOURS = 6
BATCH_HOURS = 2
# Whoever reads the views can be scheduled on it: it is renewed when a build was published.
PUBLISHED = Asset("x-caec://clickstream/published")
PROJECT = "{{ var.value.caec_project }}"
REGION = "{{ var.value.caec_region }}"
# Named or not, without the variable it is the region's subnet of the network `default`.
SUBNETWORK = "{{ var.value.get('caec_subnetwork', 'default') }}"
LAKE = f"gs://{PROJECT}-lake"
STAGING = f"{PROJECT}-staging"
DAY = "{{ data_interval_start | ds }}"
DAYS = "{{ params.days }}"
# A file of which more is refused is left out whole, named by the last task, and stops nothing else. Its source says how much, unless the variable does.
MAX_REJECTED_SHARE = "{{ var.value.get('caec_max_rejected_share', 'source') }}"
# What the raw files are; empty, and each file's header or first object tells.
SOURCE = "{{ var.value.get('caec_source', '') }}"
SESSION_MAX_HOURS = "{{ var.value.get('caec_session_max_hours', '24') }}"
SESSION_GAP_MINUTES = "{{ var.value.get('caec_session_gap_minutes', '30') }}"
MAX_EVENTS_PER_VISITOR_DAY = "{{ var.value.get('caec_max_events_per_visitor_day', '100000') }}"
ITEMS = "{{ ', items: ' ~ var.value.get('caec_items') if var.value.get('caec_items', '') else '' }}"
# The same for the same run and try. A new try is a new batch, and so is a cleared run: the same id would
# return the old batch and compute nothing.
RUN_MARK = "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_OID, run_id ~ ' ' ~ dag_run.start_date).hex[:12] }}"
BATCH_SUFFIX = f"{{{{ data_interval_start | ds_nodash }}}}-{RUN_MARK}-{{{{ ti.try_number }}}}"
DBT_ENVIRONMENT = {"GOOGLE_CLOUD_PROJECT": PROJECT, "DBT_LOCATION": REGION}
VIEWS = (
    "event_type_lookup",
    "kpi_cart_abandonment",
    "kpi_conversion_rate",
    "kpi_daily_sessions",
    "kpi_dropoff_funnel",
    "kpi_entry_exit_items",
    "kpi_entry_exit_pages",
    "kpi_event_transitions",
    "kpi_event_volume_by_type",
    "kpi_first_and_returning_sessions",
    "kpi_funnel_summary",
    "kpi_retention_by_week",
    "kpi_revenue",
    "kpi_sessions_by_country",
    "kpi_sessions_by_device",
    "kpi_sessions_by_first_touch",
    "kpi_sessions_by_last_touch",
    "kpi_sessions_by_signup_cohort",
    "kpi_time_to_convert",
    "kpi_top_products",
    "kpi_top_products_named",
    "kpi_unique_visitors",
)


def require_release(_: Any) -> None:
    if RELEASE is None:
        raise AirflowFailException(
            f"There is no {RELEASE_FILE.name} beside {Path(__file__).name}, so it is not known which Spark code and which dbt belong to it; "
            "deploy the dags folder of a release package (.github/actions/package-release), not that of the source tree."
        )


def has_arrived(
    project: str, days: str, run_type: str, day_end: str, ready: str, now: str, dag_run: Any = None, **_: Any
) -> bool:
    """
    Whether there is something to take: the object `ready`, where one is named; else anything below events/ that came after the day ended and after the last run of clean,
    whatever it is called, and no more of it since the last look. A backfill is of days that are over, for which only `ready` is worth a wait. After some hours the run takes what there is, and the gate says how far behind that is.
    """
    if days != "new" or run_type == "manual":
        return True
    storage, moment = GCSHook().get_conn(), datetime.fromtimestamp(float(now), timezone.utc)
    if (
        dag_run is not None
        and dag_run.start_date
        and moment - dag_run.start_date > timedelta(hours=WAIT_HOURS)
    ):
        logging.getLogger("airflow.task").warning(
            "nothing new came within %s hours; the run takes what there is", WAIT_HOURS
        )
        return True
    raw = storage.bucket(f"{project}-raw")
    if ready:
        return bool(raw.blob(ready).exists())
    if run_type == "backfill":
        return True
    since = datetime.fromisoformat(day_end).replace(tzinfo=timezone.utc)
    last_run = storage.bucket(f"{project}-lake").get_blob("_metrics/clean.json")
    if last_run is not None:
        since = max(since, last_run.updated)
    found = raw.list_blobs(prefix="events/", fields="items(name,updated),nextPageToken")
    times = [
        one.updated for one in found if not any(part.startswith(("_", ".")) for part in one.name.split("/"))
    ]
    newest = max(times, default=since)
    return newest > since and moment - newest >= timedelta(seconds=POKE_INTERVAL)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The address of a webhook is a secret: nobody sends it elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def is_loopback(host: str) -> bool:
    """What is sent there stays on the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tell(sentence: str) -> None:
    """To the webhook that the connection `caec_alerts` holds as its password, where there is one; `{"text": …}`, as Slack and Google Chat take it."""
    log = logging.getLogger("airflow.task")
    try:
        url = GCSHook.get_connection("caec_alerts").password or ""
    except AirflowException as error:
        log.info("nobody else is told: there is no connection caec_alerts (%s)", type(error).__name__)
        return
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("the password of the connection must be an address that begins with https://")
        request = urllib.request.Request(
            url, json.dumps({"text": sentence}).encode(), {"Content-Type": "application/json; charset=UTF-8"}
        )
        urllib.request.build_opener(NoRedirect).open(request, timeout=10).close()
    except (OSError, ValueError, HTTPException) as error:
        # The address may stand in the message.
        log.error(
            "telling the webhook of the connection caec_alerts: %s",
            type(error).__name__ if url in str(error) else error,
        )


def say_and_tell(context: Any) -> None:
    tell(say_where_to_look(context))


def say_where_to_look(context: Any) -> str:
    """One line for whoever is called at night; it asks nobody, so it works when nothing else does."""
    task, ti = context["task"], context["ti"]
    batch_id = str(getattr(task, "batch_id", None) or "")
    # A task that died before its templates were filled has no batch of its own.
    is_batch = batch_id != "" and "{{" not in f"{batch_id}{task.region}{task.project_id}"
    place = (
        f"https://console.cloud.google.com/dataproc/batches/{task.region}/{batch_id}/monitoring?project={task.project_id}"
        if is_batch
        else "the log of this try"
    )
    cause = (
        next(iter(str(context.get("exception") or "").splitlines()), "") or "the task was ended from outside"
    )
    sentence = f"{ti.dag_id}, run {ti.run_id}: task {ti.task_id} failed in try {ti.try_number} ({cause[:500]}); look at {place}"
    logging.getLogger("airflow.task").error("%s", sentence)
    return sentence


def spark_batch(job: str, arguments: list[str]) -> DataprocCreateBatchOperator:
    files = RELEASE["spark"][job] if RELEASE is not None else {"main": "", "pyFiles": []}
    return DataprocCreateBatchOperator(
        task_id=job,
        project_id=PROJECT,
        region=REGION,
        batch_id=f"caec-{job}-{BATCH_SUFFIX}",
        batch={
            "pyspark_batch": {
                "main_python_file_uri": f"gs://{STAGING}/{files['main']}",
                "python_file_uris": [f"gs://{STAGING}/{name}" for name in files["pyFiles"]],
                "args": [*arguments, f"--lake={LAKE}", f"--days={DAYS}"],
            },
            "labels": {"pipeline": "clickstream", "job": job},
            "runtime_config": {"version": "2.3"},
            "environment_config": {
                "execution_config": {
                    "service_account": f"caec-spark@{PROJECT}.iam.gserviceaccount.com",
                    "staging_bucket": STAGING,
                    "subnetwork_uri": SUBNETWORK,
                    # Airflow's own limit ends the task; the batch of a worker that died would go on and cost.
                    "ttl": {"seconds": BATCH_HOURS * 3600},
                    "authentication_config": {"user_workload_authentication_type": "SERVICE_ACCOUNT"},
                }
            },
        },
        deferrable=DEFERRABLE,
        polling_interval_seconds=5,
        execution_timeout=timedelta(hours=BATCH_HOURS),
    )


def dbt_command(task_id: str, *words: str, **settings: Any) -> Any:
    """The same command in a pod (Composer Gen 3, when the release names an image) and as a process; both start in the dbt project's folder."""
    arguments = ["--no-use-colors", *words, "--profiles-dir", "profiles"]
    image = RELEASE["dbt"]["image"] if RELEASE is not None and RELEASE.get("dbt") else None
    if image is not None:
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

        return KubernetesPodOperator(
            task_id=task_id,
            name=f"caec-dbt-{task_id}",
            # Composer Gen 3 runs pods in this namespace only, and gives them the environment's own account.
            namespace="composer-user-workloads",
            config_file="/home/airflow/composer_kube_config",
            kubernetes_conn_id="kubernetes_default",
            image=image,
            cmds=["dbt"],
            arguments=arguments,
            env_vars={
                **DBT_ENVIRONMENT,
                "DBT_TARGET_PATH": "/tmp/dbt/target",
                "DBT_LOG_PATH": "/tmp/dbt/logs",
            },
            startup_timeout_seconds=600,
            get_logs=True,
            log_events_on_failure=True,
            on_finish_action="delete_pod",
            deferrable=DEFERRABLE,
            execution_timeout=timedelta(hours=1),
            **settings,
        )
    # No value becomes part of the shell's text: each word is an environment variable of its own.
    words_of_command = ["{{ var.value.get('caec_dbt', 'dbt') }}", *arguments]
    quoted = " ".join(f'"$DBT_WORD_{position}"' for position in range(len(words_of_command)))
    return BashOperator(
        task_id=task_id,
        bash_command=f'scratch=$(mktemp -d) && trap \'rm -rf "$scratch"\' EXIT && DBT_TARGET_PATH="$scratch/target" DBT_LOG_PATH="$scratch/logs" {quoted}',
        env={
            **DBT_ENVIRONMENT,
            **{f"DBT_WORD_{position}": word for position, word in enumerate(words_of_command)},
        },
        cwd="{{ var.value.get('caec_dbt_dir', '/home/airflow/gcs/data/dbt') }}",
        append_env=True,
        execution_timeout=timedelta(hours=1),
        **settings,
    )


class RegionalQuery(BigQueryInsertJobOperator):
    """The operator does not fill in templates in its location, and without a location BigQuery finds no job outside the US and the EU."""

    template_fields = (*BigQueryInsertJobOperator.template_fields, "location")


# Waiting does not mend what the gate rings for. The other two verdicts are asked again: a build by hand may be under way.
RINGS = "the numbers are published, and the gate rings"


class ViewsCheck(RegionalQuery):
    """What the gate rings for ends the task at once, in the gate's own words."""

    def execute(self, context: Any) -> Any:
        try:
            return super().execute(context)
        except Exception as error:
            raise verdict(error) from error

    def execute_complete(self, context: Any, event: Any) -> Any:
        try:
            return super().execute_complete(context, event)
        except Exception as error:
            raise verdict(error) from error


def verdict(error: Exception) -> Exception:
    _, found, said = str(error).partition(RINGS)
    return AirflowFailException((found + said).splitlines()[0]) if found else error


def views_check() -> str:
    """
    Every event of the day that was loaded is published, nothing newer was loaded and not published, every view opens, and the gate of the build rang no alarm.
    That the numbers are right the gate has judged: this reads events of no other day than its own and the newest. What a view says of `data_through` is the newest of `fct_days`, which is published last.
    """
    loaded, days = f"`{PROJECT}.caec_raw.sessionized_events`", f"`{PROJECT}.caec_analytics.fct_days`"
    open_views = "".join(
        f"BEGIN SELECT COUNT(data_through) FROM `{PROJECT}.caec_insights.{view}` WHERE FALSE;"
        f" EXCEPTION WHEN ERROR THEN RAISE USING MESSAGE = CONCAT('caec_insights.{view} does not open: ', @@error.message); END;\n"
        for view in VIEWS
    )
    return (
        f"DECLARE newest TIMESTAMP DEFAULT (SELECT MAX(last_event_ts) FROM {days});\n"
        # A variable, as with a subquery in its place BigQuery reads all days.
        "DECLARE newest_day DATE DEFAULT COALESCE(DATE(newest), DATE '0001-01-01');\n"
        "DECLARE alarms STRING DEFAULT (SELECT STRING_AGG(sentence, '; ' ORDER BY check_name, event_date LIMIT 20)"
        f" FROM `{PROJECT}.caec_raw.quality_last_run` WHERE verdict IN ('red', 'alarm'));\n"
        f"ASSERT (SELECT COALESCE(SUM(events), 0) FROM {days} WHERE event_date = DATE '{DAY}')"
        f" = (SELECT COUNT(*) FROM {loaded} WHERE event_date = DATE '{DAY}')"
        f" AS 'caec_analytics.fct_days has not the events of {DAY} that caec_raw.sessionized_events has';\n"
        f"ASSERT (SELECT MAX(event_ts) FROM {loaded} WHERE event_date >= newest_day) IS NOT DISTINCT FROM newest"
        " AS 'caec_analytics.fct_days, so every view, is behind caec_raw.sessionized_events: dbt build did not see the last load';\n"
        f"{open_views}"
        f"IF alarms IS NOT NULL THEN RAISE USING MESSAGE = CONCAT('{RINGS}: ', alarms, '; docs/dag.md says what to do'); END IF;\n"
    )


with DAG(
    dag_id="clickstream_pipeline",
    description="Raw events that arrived to sessions, facts and published views",
    doc_md=__doc__,
    # A day is processed when it is over and its late files are in. On Airflow 2 and 3 alike the run of the
    # 4th at 02:15 has the 3rd as its data interval's start.
    schedule=CronDataIntervalTimetable("15 2 * * *", timezone="UTC"),
    # Unless the environment says otherwise the first day of the RetailRocket data: a backfill goes through the data's own calendar.
    start_date=START_DATE,
    catchup=False,
    # Two runs would write the same days. A run needs no success before it: what was missed is still new.
    max_active_runs=1,
    params={
        "days": Param(
            "new",
            type="string",
            pattern=r"^(new|all|\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?)$",
            description="new: what arrived or changed; all: everything anew; or days, as 2015-05-03..2015-05-10",
        )
    },
    tags=["clickstream", "caec"],
    default_args={
        "owner": "data-engineering",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "pre_execute": require_release,
        "on_failure_callback": say_and_tell,
        "on_retry_callback": say_where_to_look,
    },
) as dag:
    wait_for_events = PythonSensor(
        task_id="wait_for_events",
        python_callable=has_arrived,
        op_kwargs={
            "project": PROJECT,
            "days": DAYS,
            # Text on Airflow 2; on 3 a word whose text is DagRunType.MANUAL.
            "run_type": "{{ dag_run.run_type.value | default(dag_run.run_type) }}",
            "day_end": "{{ (data_interval_start + macros.timedelta(days=1)) | ds }}",
            "now": "{{ macros.time.time() }}",
            "ready": "{{ var.value.get('caec_ready_object', '') | replace('{day}', data_interval_start | ds) }}",
        },
        mode="reschedule",
        poke_interval=POKE_INTERVAL,
        # It ends its waiting itself.
        timeout=(WAIT_HOURS + 1) * 3600,
    )
    clean = spark_batch(
        "clean",
        [
            f"--raw=gs://{PROJECT}-raw/events/",
            f"--max-rejected-share={MAX_REJECTED_SHARE}",
            f"--source={SOURCE}",
            f"--max-events-per-visitor-day={MAX_EVENTS_PER_VISITOR_DAY}",
        ],
    )
    sessionize = spark_batch(
        "sessionize",
        [f"--session-max-hours={SESSION_MAX_HOURS}", f"--session-gap-minutes={SESSION_GAP_MINUTES}"],
    )
    load = dbt_command(
        "load",
        "run-operation",
        "load_sessionized_events",
        "--args",
        f"{{lake: {LAKE}{{{{ ', full: true' if params.days == 'all' else '' }}}}{ITEMS}}}",
    )
    # The gate in front of publication (dbt/models/gate.yml) judges how far behind the newest day is.
    build = dbt_command(
        "build",
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        f"{{session_max_hours: {SESSION_MAX_HOURS}, session_gap_minutes: {SESSION_GAP_MINUTES}{{{{ ', expected_day: ' ~ (data_interval_start | ds) if params.days == 'new' else '' }}}}}}",
        outlets=[PUBLISHED],
    )
    check_views = ViewsCheck(
        task_id="check_views",
        project_id=PROJECT,
        location=REGION,
        configuration={"query": {"query": views_check(), "useLegacySql": False}},
        deferrable=DEFERRABLE,
        execution_timeout=timedelta(minutes=30),
    )
    wait_for_events >> clean >> sessionize >> load >> build >> check_views
