"""Imports once, before the scheduler forks the processes of its tasks, what each of them would import for itself; it changes no setting."""

import sys

if "scheduler" in sys.argv:
    import airflow.providers.google.cloud.operators.bigquery
    import airflow.providers.google.cloud.operators.dataproc
    import airflow.providers.google.cloud.sensors.gcs
    import airflow.providers.standard.operators.bash  # noqa: F401
