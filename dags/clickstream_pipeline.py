"""One day of clickstream, from the raw file to the published numbers: wiring only; it refuses to compute anything when Airflow parses it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.google.cloud.operators.bigquery import BigQueryCheckOperator
from airflow.providers.google.cloud.operators.dataproc import DataprocCreateBatchOperator
from airflow.providers.google.cloud.sensors.gcs import GCSObjectsWithPrefixExistenceSensor
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2.11 has no airflow.sdk
    from airflow import DAG

# Airflow variables, read when a task runs: caec_project, caec_region, and where they differ from the defaults
# caec_spark_release (folder with jobs/ and modules.zip), caec_dbt_dir (the dbt project on the workers), caec_dbt (the dbt program).
PROJECT = "{{ var.value.caec_project }}"
REGION = "{{ var.value.caec_region }}"
LAKE = f"gs://{PROJECT}-lake"
DAY = "{{ data_interval_start | ds }}"
RELEASE = "{{ var.value.get('caec_spark_release', 'gs://' ~ var.value.caec_project ~ '-staging/spark/current') }}"
DBT_DIR = "{{ var.value.get('caec_dbt_dir', '/home/airflow/gcs/data/dbt') }}"
DBT = "{{ var.value.get('caec_dbt', 'dbt') }} --no-use-colors --log-path /tmp/caec-dbt-logs"
# A new try is a new batch, and so is a cleared run: the same id would return the old batch and compute nothing.
BATCH_SUFFIX = "{{ data_interval_start | ds_nodash }}-{{ dag_run.start_date.strftime('%Y%m%d%H%M%S') }}-{{ ti.try_number }}"


def spark_batch(job: str, arguments: list[str]) -> DataprocCreateBatchOperator:
    return DataprocCreateBatchOperator(
        task_id=job,
        project_id=PROJECT,
        region=REGION,
        batch_id=f"caec-{job}-{BATCH_SUFFIX}",
        batch={
            "pyspark_batch": {
                "main_python_file_uri": f"{RELEASE}/jobs/{job}.py",
                "python_file_uris": [f"{RELEASE}/modules.zip"],
                "args": [*arguments, f"--lake={LAKE}", f"--from={DAY}", f"--to={DAY}"],
            },
            "runtime_config": {"version": "2.3"},
            "environment_config": {"execution_config": {"service_account": f"caec-spark@{PROJECT}.iam.gserviceaccount.com"}},
            "labels": {"pipeline": "clickstream", "job": job},
        },
        deferrable=True,
        execution_timeout=timedelta(hours=2),
    )


def dbt_command(task_id: str, command: str) -> BashOperator:
    return BashOperator(
        task_id=task_id,
        bash_command=f"{DBT} {command} --project-dir {DBT_DIR} --profiles-dir {DBT_DIR}/profiles --target-path /tmp/caec-dbt-target",
        env={"GOOGLE_CLOUD_PROJECT": PROJECT, "DBT_LOCATION": REGION},
        append_env=True,
        execution_timeout=timedelta(hours=1),
    )


with DAG(
    dag_id="clickstream_pipeline",
    description="Raw events of one day to sessions, facts and published views",
    doc_md=__doc__,
    # A day is processed when it is over and its late files are in; the interval is the day itself on Airflow 2 and 3.
    schedule=CronDataIntervalTimetable("15 2 * * *", timezone="UTC"),
    start_date=datetime(2015, 5, 3, tzinfo=timezone.utc),
    catchup=False,
    # Sessions run on over midnight: a day needs the day before it, so days never run side by side.
    max_active_runs=1,
    tags=["clickstream", "caec"],
    default_args={
        "owner": "data-engineering",
        "depends_on_past": True,
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
    },
) as dag:
    wait_for_events = GCSObjectsWithPrefixExistenceSensor(
        task_id="wait_for_events",
        bucket=f"{PROJECT}-raw",
        prefix=f"events/{DAY}",
        deferrable=True,
        poke_interval=300,
        timeout=6 * 3600,
    )
    clean = spark_batch("clean", [f"--raw=gs://{PROJECT}-raw/events/"])
    sessionize = spark_batch("sessionize", [])
    load = dbt_command("load", f"run-operation load_sessionized_events --args '{{lake: {LAKE}, from: {DAY}, to: {DAY}}}'")
    build = dbt_command("build", "build")
    check_views = BigQueryCheckOperator(
        task_id="check_views",
        sql=f"SELECT MAX(data_through) >= TIMESTAMP '{DAY}', SUM(sessions) > 0 FROM `{PROJECT}.caec_insights.kpi_daily_sessions`",
        use_legacy_sql=False,
        project_id=PROJECT,
        location=REGION,
        deferrable=True,
    )
    wait_for_events >> clean >> sessionize >> load >> build >> check_views
