"""Materialized views: what this adapter tells of them, and which of their changes BigQuery makes in place."""

from dbt.tests.adapter.materialized_view import changes, files
from dbt.tests.util import get_connection, get_model_file, set_model_file
from fixtures import given

TYPES = {"BASE TABLE": "table", "VIEW": "view", "MATERIALIZED VIEW": "materialized_view"}


def one_value(project, sql):
    return project.run_sql(sql, fetch="one")[0]


def relation_type(project, relation):
    return TYPES[
        one_value(
            project,
            f"select table_type from `{relation.database}.{relation.schema}.INFORMATION_SCHEMA.TABLES`"
            f" where table_name = '{relation.identifier}'",
        )
    ]


def describe(project, relation):
    with get_connection(project.adapter):
        return project.adapter.describe_relation(relation)


BASIC = {
    "insert_record": staticmethod(
        lambda project, table, record: project.run_sql(f"insert into {table} values {record}")
    ),
    "refresh_materialized_view": staticmethod(
        lambda project, view: project.run_sql(
            f"call bq.refresh_materialized_view('{view.database}.{view.schema}.{view.identifier}')"
        )
    ),
    "query_row_count": staticmethod(lambda project, of: one_value(project, f"select count(*) from {of}")),
    "query_relation_type": staticmethod(relation_type),
}

VIEW = """{{ config(
    materialized='materialized_view',
    cluster_by=['id', 'value'],
    enable_refresh=true,
    refresh_interval_minutes=60,
) }}
select id, value from {{ ref('my_seed') }}
"""


class Changes(changes.MaterializedViewChanges):
    query_relation_type = staticmethod(relation_type)
    seeds = given({"my_seed.csv": files.MY_SEED})
    models = given({"my_materialized_view.sql": VIEW})

    @staticmethod
    def check_start_state(project, view):
        found = describe(project, view)
        assert (found.options.enable_refresh, found.options.refresh_interval_minutes) == (True, 60)
        assert found.cluster.fields == ("id", "value")

    @staticmethod
    def change_config_via_alter(project, view):
        model = get_model_file(project, view)
        set_model_file(
            project, view, model.replace("refresh_interval_minutes=60", "refresh_interval_minutes=45")
        )

    @staticmethod
    def check_state_alter_change_is_applied(project, view):
        assert describe(project, view).options.refresh_interval_minutes == 45

    @staticmethod
    def change_config_via_replace(project, view):
        model = get_model_file(project, view)
        set_model_file(project, view, model.replace("cluster_by=['id', 'value']", "cluster_by=['value']"))

    @staticmethod
    def check_state_replace_change_is_applied(project, view):
        assert describe(project, view).cluster.fields == ("value",)
