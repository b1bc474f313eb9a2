"""Configurations that only this adapter has, as people's projects write them: partitions, clusters, labels, rights, copies."""

from dbt.tests.util import run_dbt, write_file
from fixtures import given


def rows(project, sql):
    return [tuple(row) for row in project.run_sql(sql, fetch="all")]


def built(count, *arguments, passes=True):
    results = run_dbt(["run", *arguments], expect_pass=passes)
    assert len(results) == count
    return results


EVENTS = """
select * from unnest([
  struct(1 as id, date '2026-03-01' as day, {first} as amount),
  (2, date '2026-03-02', 20),
  (3, date '2026-03-03', 30)
])
"""


def incremental(config, first, then):
    return f"""
{{{{ config(materialized='incremental', {config}) }}}}
{{% if is_incremental() %}}{then}{{% else %}}{first}{{% endif %}}
"""


BY_DAY = "partition_by={'field': 'day', 'data_type': 'date'}"
THREE = EVENTS.format(first=10)
TWO_OF_DAY_TWO = (
    "select 4 as id, date '2026-03-02' as day, 40 as amount union all select 5, date '2026-03-02', 50"
)
REPLACED = ((1, 10), (3, 30), (4, 40), (5, 50))
AMOUNTS = "select id, amount from {schema}.m where day >= '2000-01-01' order by id"


class Incremental:
    expected = REPLACED

    def test_twice(self, project):
        built(1)
        built(1)
        assert tuple(rows(project, AMOUNTS)) == self.expected


def strategy(config, then=TWO_OF_DAY_TWO, first=THREE):
    return given({"m.sql": incremental(config, first, then)})


class TestReplacesThePartitionsItMakes(Incremental):
    models = strategy(f"incremental_strategy='insert_overwrite', {BY_DAY}")


class TestReplacesThePartitionsItNames(Incremental):
    models = strategy(
        f"""incremental_strategy='insert_overwrite', {BY_DAY}, partitions=["date '2026-03-02'"]"""
    )


class TestReplacesPartitionsByCopies(Incremental):
    models = strategy(
        "incremental_strategy='insert_overwrite', "
        "partition_by={'field': 'day', 'data_type': 'date', 'copy_partitions': true}"
    )


class TestReplacesPartitionsThatNeedAFilter(Incremental):
    models = strategy(f"incremental_strategy='insert_overwrite', {BY_DAY}, require_partition_filter=true")


class TestReplacesRanges(Incremental):
    expected = ((1, 10), (21, 40), (22, 50), (31, 30))
    models = strategy(
        "incremental_strategy='insert_overwrite', partition_by={'field': 'id', 'data_type': 'int64',"
        " 'range': {'start': 0, 'end': 100, 'interval': 10}}",
        "select 21 as id, date '2026-03-02' as day, 40 as amount union all select 22, date '2026-03-02', 50",
        "select 1 as id, date '2026-03-01' as day, 10 as amount union all select 23, date '2026-03-02', 20"
        " union all select 31, date '2026-03-02', 30",
    )


class TestReplacesHours:
    models = given(
        {
            "m.sql": incremental(
                "incremental_strategy='insert_overwrite', partition_by={'field': 'moment', 'data_type': 'timestamp',"
                " 'granularity': 'hour'}, cluster_by=['id']",
                "select 1 as id, timestamp '2026-03-01 10:15:00' as moment union all select 2, '2026-03-01 11:15:00'",
                "select 3 as id, timestamp '2026-03-01 11:45:00' as moment",
            )
        }
    )

    def test_twice(self, project):
        built(1)
        built(1)
        assert rows(project, "select id from {schema}.m order by id") == [(1,), (3,)]


class TestPartitionsByArrival:
    models = given(
        {
            "m.sql": incremental(
                "incremental_strategy='insert_overwrite', partition_by={'field': 'moment', 'data_type': 'timestamp',"
                " 'time_ingestion_partitioning': true}",
                "select timestamp '2026-03-01' as moment, 1 as id union all select timestamp '2026-03-02', 2",
                "select timestamp '2026-03-02' as moment, 3 as id",
            )
        }
    )

    def test_twice(self, project):
        built(1)
        built(1)
        found = rows(project, "select id, string(_partitiontime) from {schema}.m order by id")
        assert found == [(1, "2026-03-01 00:00:00+00"), (3, "2026-03-02 00:00:00+00")]


class TestMerges(Incremental):
    expected = ((1, 10), (2, 21), (3, 30), (4, 40))
    models = strategy(
        f"unique_key='id', {BY_DAY}, cluster_by='id', incremental_predicates=[\"DBT_INTERNAL_DEST.day > '2026-02-01'\"]",
        "select 2 as id, date '2026-03-02' as day, 21 as amount union all select 4, date '2026-03-04', 40",
    )


class TestMergesSomeColumns(Incremental):
    expected = ((1, 10), (2, 20), (3, 30), (4, 40))
    models = strategy(
        "unique_key=['id', 'day'], merge_exclude_columns=['amount']",
        "select 2 as id, date '2026-03-02' as day, 21 as amount union all select 4, date '2026-03-04', 40",
    )


class TestKnowsTheLastPartition(Incremental):
    expected = ((1, 10), (2, 20), (3, 1))
    models = strategy(
        f"incremental_strategy='insert_overwrite', {BY_DAY}",
        "select 3 as id, day, 1 as amount from unnest([_dbt_max_partition]) as day",
    )


class TestAppendsNewColumns:
    models = given(
        {
            "m.sql": incremental(
                "unique_key='id', on_schema_change='append_new_columns'",
                "select 1 as id, struct('a' as name) as who",
                "select 2 as id, struct('b' as name) as who, [1, 2] as list",
            )
        }
    )

    def test_twice(self, project):
        built(1)
        built(1)
        found = rows(project, "select id, who.name, array_length(list) from {schema}.m order by id")
        assert found == [(1, "a", 0), (2, "b", 2)]


class TestDescribesItsTables:
    models = given(
        {
            "m.sql": """{{ config(materialized='table', labels={'team': 'data'}, hours_to_expiration=2,
                partition_by={'field': 'day', 'data_type': 'date', 'granularity': 'month'}, cluster_by=['id', 'day'],
                partition_expiration_days=40000, require_partition_filter=true, persist_docs={'relation': true, 'columns': true}) }}
                select 1 as id, current_date() as day, struct(1 as inner_value) as nested""",
            "schema.yml": """
version: 2
models:
  - name: m
    description: a "quoted" table
    columns:
      - {name: id, description: the id}
      - {name: nested.inner_value, description: what is inside}
""",
        }
    )

    def test_shown(self, project):
        built(1)
        with project.adapter.connection_named("_test"):
            client = project.adapter.connections.get_thread_connection().handle
            table = client.get_table(f"{project.database}.{project.test_schema}.m")
        assert (table.description, table.labels) == ('a "quoted" table', {"team": "data"})
        assert table.expires is not None
        assert (table.time_partitioning.type_, table.clustering_fields) == ("MONTH", ["id", "day"])
        assert table.require_partition_filter
        described = {field.name: field for field in table.schema}
        assert described["id"].description == "the id"
        assert described["nested"].fields[0].description == "what is inside"


class TestLetsAViewRead:
    models = given(
        {
            "source_table.sql": "{{ config(materialized='table') }} select 1 as id",
            "open_view.sql": """{{ config(schema='open', grant_access_to=[{'project': target.project,
                'dataset': target.schema}]) }} select * from {{ ref('source_table') }}""",
        }
    )

    def test_authorized(self, project):
        built(2)
        built(2)
        with project.adapter.connection_named("_test"):
            client = project.adapter.connections.get_thread_connection().handle
            entries = client.get_dataset(f"{project.database}.{project.test_schema}").access_entries
            client.delete_dataset(f"{project.database}.{project.test_schema}_open", delete_contents=True)
        views = [entry.entity_id["tableId"] for entry in entries if entry.entity_type == "view"]
        assert views == ["open_view"]


class TestChangesItsPartitions:
    models = given({"m.sql": f"{{{{ config(materialized='table', {BY_DAY}) }}}} {THREE}"})

    def test_drops_what_it_cannot_replace(self, project):
        built(1)
        hours = "partition_by={'field': 'day', 'data_type': 'date', 'granularity': 'year'}, cluster_by='id'"
        write_file(
            f"{{{{ config(materialized='table', {hours}) }}}} {THREE}",
            project.project_root,
            "models",
            "m.sql",
        )
        built(1)
        write_file(f"{{{{ config(materialized='table') }}}} {THREE}", project.project_root, "models", "m.sql")
        built(1)
        assert rows(project, "select count(*) from {schema}.m") == [(3,)]


class TestCopiesTables:
    models = given(
        {
            "first.sql": "{{ config(materialized='table') }} select 1 as id",
            "second.sql": "{{ config(materialized='table') }} select 2 as id",
            "both.sql": "{{ config(materialized='copy') }} {{ ref('first') }} {{ ref('second') }}",
        }
    )

    def test_copied(self, project):
        built(3)
        assert rows(project, "select id from {schema}.both order by id") == [(1,), (2,)]


class TestReadsWildcards:
    models = given(
        {
            "m.sql": "select id, _table_suffix as day from {{ source('raw', 'events') }} where _table_suffix > '20260301'",
            "sources.yml": """
version: 2
sources:
  - name: raw
    schema: "{{ target.schema }}"
    freshness: {warn_after: {count: 1, period: day}}
    tables:
      - {name: events, identifier: events_*}
      - {name: fresh, identifier: events_20260302}
""",
        }
    )

    def test_read_and_fresh(self, project):
        for day, number in (("20260301", 1), ("20260302", 2), ("20260303", 3)):
            project.run_sql(f"create table {{schema}}.events_{day} as select {number} as id")
        built(1)
        assert rows(project, "select id, day from {schema}.m order by id") == [
            (2, "20260302"),
            (3, "20260303"),
        ]
        results = run_dbt(["source", "freshness", "--select", "source:raw.fresh"])
        assert [result.status for result in results] == ["pass"]


class TestSnapshotsNestedColumns:
    snapshots = given(
        {
            "s.sql": """{% snapshot s %}{{ config(unique_key='id', strategy='check', check_cols=['who']) }}
                select 1 as id, [1, 2] as list, struct({{ var('second', 2) }} as number) as who{% endsnapshot %}"""
        }
    )

    def test_changed(self, project):
        for second in (2, 2, 3):
            assert len(run_dbt(["snapshot", "--vars", f"second: {second}"])) == 1
        found = rows(
            project, "select who.number, dbt_valid_to is null from {schema}.s order by dbt_valid_from"
        )
        assert found == [(2, False), (3, True)]


class TestKeepsHistoryWhereAsked:
    models = given(
        {
            "m.sql": """{{ config(materialized='table', enable_change_history=true) }} select 1 as id""",
            "f.sql": incremental(
                "unique_key='id', enable_fine_grained_mutations=true", "select 1 as id", "select 2 as id"
            ),
        }
    )

    def test_twice(self, project):
        built(2)
        built(2)
        found = rows(
            project,
            "select table_name, option_name from {schema}.INFORMATION_SCHEMA.TABLE_OPTIONS order by 1",
        )
        assert ("m", "enable_change_history") in found


class TestSaysWhatItBilledFor:
    models = given({"m.sql": "{{ config(materialized='table') }} select 1 as id"})
    project_config_update = given(
        {"query-comment": {"comment": "{'team': 'data'}".replace("'", '"'), "job-label": True}}
    )

    def test_labels(self, project):
        built(1)
        with project.adapter.connection_named("_test"):
            client = project.adapter.connections.get_thread_connection().handle
            labels = [job.labels for job in client.list_jobs(max_results=10)]
        assert {"team": "data"}.items() <= max(labels, key=len).items()


class TestRunsHooks:
    project_config_update = given(
        {
            "on-run-start": "create table if not exists {{ target.schema }}.log (step string, moment timestamp)",
            "on-run-end": "insert into {{ target.schema }}.log values ('end', current_timestamp())",
            "models": {
                "pre-hook": "insert into {{ target.schema }}.log values ('before', current_timestamp())",
                "post-hook": [
                    "insert into {{ target.schema }}.log select concat('after ', count(*)), current_timestamp() from {{ this }}",
                    "alter table {{ this }} set options (description = 'kept by a hook')",
                ],
            },
        }
    )
    models = given({"m.sql": "{{ config(materialized='table') }} select 1 as id"})

    def test_in_order(self, project):
        # A hook of a run is a result as well.
        built(3)
        found = rows(project, "select step from {schema}.log order by moment")
        assert found == [("before",), ("after 1",), ("end",)]
        found = rows(project, "select option_value from {schema}.INFORMATION_SCHEMA.TABLE_OPTIONS")
        assert found == [('"kept by a hook"',)]
