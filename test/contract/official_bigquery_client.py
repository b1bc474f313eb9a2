"""Drives Google's Python client for BigQuery through what a pipeline does; prints the names of the steps that held."""

import io
import sys

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, MethodNotImplemented, NotFound
from google.cloud import bigquery


def check(step: str, holds: bool) -> None:
    """Stop at the first step that does not hold."""
    if not holds:
        sys.exit(f"{step} does not hold")
    print(step)


def raises(kind: type[Exception], call: object) -> bool:
    """Whether the call fails with exactly this error of the client."""
    try:
        call()  # type: ignore[operator]
    except kind:
        return True
    return False


def main(project: str, endpoint: str, dataset_id: str, forbidden_dataset: str) -> None:
    client = bigquery.Client(
        project=project, client_options=ClientOptions(api_endpoint=endpoint), location="us-central1"
    )
    table_id = f"{project}.{dataset_id}.python_events"
    schema = [
        bigquery.SchemaField("id", "INT64"),
        bigquery.SchemaField("day", "DATE"),
        bigquery.SchemaField("name", "STRING"),
    ]
    table = bigquery.Table(table_id, schema=schema)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.clustering_fields = ["id"]
    table.labels = {"made-by": "python"}
    client.create_table(table)
    check("create table", client.get_table(table_id).time_partitioning.field == "day")
    check("409 table", raises(Conflict, lambda: client.create_table(table)))
    config = bigquery.LoadJobConfig(source_format="CSV", schema=schema, write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(
        io.BytesIO(b"1,2026-01-01,a\n2,2026-01-02,b\n"), table_id, job_config=config
    ).result()
    check("load from file", client.get_table(table_id).num_rows == 2)
    client.load_table_from_json(
        [{"id": 3, "day": "2026-01-03", "name": "c"}],
        table_id,
        job_config=bigquery.LoadJobConfig(schema=schema),
    ).result()
    rows = client.query(
        f"SELECT id, day, name FROM `{table_id}` WHERE id >= @low ORDER BY id",
        job_config=bigquery.QueryJobConfig(
            query_parameters=[bigquery.ScalarQueryParameter("low", "INT64", 2)]
        ),
    ).result(page_size=1)
    check("query with a parameter, page by page", [row.name for row in rows] == ["b", "c"])
    dry = client.query(f"SELECT * FROM `{table_id}`", job_config=bigquery.QueryJobConfig(dry_run=True))
    check("dry run", [field.name for field in dry.schema] == ["id", "day", "name"])
    job = client.query("SELECT 1 AS one", job_id="python-chosen-job")
    typed = next(
        iter(
            client.query(
                "SELECT TIMESTAMP '2026-01-01 12:30:00.5 UTC' AS moment, TRUE AS yes, 1.5 AS half, DATE '2026-01-02' AS day"
            ).result()
        )
    )
    check(
        "types",
        [typed.moment.isoformat(), typed.yes, typed.half, str(typed.day)]
        == ["2026-01-01T12:30:00.500000+00:00", True, 1.5, "2026-01-02"],
    )
    check(
        "chosen job id",
        next(iter(job.result())).one == 1 and client.get_job("python-chosen-job").state == "DONE",
    )
    check(
        "409 job",
        raises(Conflict, lambda: client.query("SELECT 1", job_id="python-chosen-job", job_retry=None)),
    )
    person = bigquery.StructQueryParameter(
        "who",
        bigquery.ScalarQueryParameter("name", "STRING", "b"),
        bigquery.ScalarQueryParameter("n", "INT64", 2),
    )
    found = client.query(
        "SELECT @who.name AS name, @who.n + 1 AS n",
        job_config=bigquery.QueryJobConfig(query_parameters=[person]),
    ).result()
    check("a field of a struct parameter", [(row.name, row.n) for row in found] == [("b", 3)])
    check("501 list_partitions", raises(MethodNotImplemented, lambda: client.list_partitions(table_id)))
    check("list rows", len(list(client.list_rows(table_id, max_results=2))) == 2)
    check("list tables", "python_events" in [item.table_id for item in client.list_tables(dataset_id)])
    check("list datasets", dataset_id in [item.dataset_id for item in client.list_datasets()])
    client.copy_table(table_id, f"{table_id}_copy").result()
    changed = client.get_table(f"{table_id}_copy")
    changed.description = "copied"
    check("patch with etag", client.update_table(changed, ["description"]).description == "copied")
    view = bigquery.Table(f"{table_id}_view")
    view.view_query = f"SELECT id FROM `{table_id}`"
    check("view", client.create_table(view).table_type == "VIEW")
    check("400", raises(BadRequest, lambda: client.query("SELEC 1").result()))
    check("404", raises(NotFound, lambda: client.get_table(f"{table_id}_none")))
    check("403", raises(Forbidden, lambda: client.delete_dataset(forbidden_dataset)))
    for suffix in ("_view", "_copy", ""):
        client.delete_table(f"{table_id}{suffix}")
    check("delete", raises(NotFound, lambda: client.get_table(table_id)))


if __name__ == "__main__":
    main(*sys.argv[1:])
