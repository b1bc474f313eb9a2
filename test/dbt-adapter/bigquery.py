"""Where BigQuery's SQL or answers differ from what a base test expects of most warehouses: fixtures to use instead."""

import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
from dbt.tests.adapter.constraints import fixtures as constraints
from dbt.tests.adapter.incremental import test_incremental_microbatch as microbatch
from dbt.tests.adapter.persist_docs.test_persist_docs import BasePersistDocs
from dbt.tests.adapter.relations.test_changing_relation_type import BaseChangeRelationTypeValidator
from dbt.tests.adapter.simple_seed import fixtures as simple_seed
from dbt.tests.adapter.simple_seed import seeds as simple_seeds
from dbt.tests.adapter.simple_seed.test_seed import SeedTestBase
from dbt.tests.adapter.simple_snapshot import test_various_configs as snapshots
from dbt.tests.adapter.utils import (
    fixture_array_append,
    fixture_array_concat,
    fixture_array_construct,
    fixture_equals,
)
from dbt.tests.util import read_file, run_dbt
from fixtures import given, profile
from functions import OVERRIDES as FUNCTIONS
from grants import OVERRIDES as GRANTS
from materialized import BASIC


def comparable(fixture, name):
    """Arrays have no equality in BigQuery: the two models are compared by their text."""
    return {
        f"{model}.sql": "select id, to_json_string(array_col) as array_col from ("
        + getattr(fixture, f"models__{name}_{model}_sql")
        + ")"
        for model in ("actual", "expected")
    }


@pytest.mark.parametrize(
    "name,kind",
    [
        ("seed.test.my_seed", "table"),
        ("model.test.my_table", "table"),
        ("model.test.my_view", "view"),
        ("model.test.my_materialized_view", "materialized view"),
    ],
)
def names_kinds(self, docs, name, kind):
    assert docs.nodes[name].metadata.type == kind


def replaced(self, materialization, extra_args=None):
    """A table becomes a view, and a view a table, by a full refresh only."""
    check = BaseChangeRelationTypeValidator._run_and_check_materialization
    check(self, materialization, [*(extra_args or []), "--full-refresh"])


def view_comments(self, node, *expected):
    """The adapter says '' of a column that has no description."""
    for column in node["columns"].values():
        column["comment"] = column["comment"] or None
    BasePersistDocs._assert_has_view_comments(self, node, *expected)


@pytest.fixture(scope="class")
def seeds_without_dots(self, test_data_dir):
    """A dot cannot stand in the name of a table."""
    big = read_file(self._make_big_seed(test_data_dir))
    return {"big_seed.csv": big, "seed_unicode.csv": simple_seeds.seed__unicode_csv}


def loads_both(self, project):
    assert len(run_dbt(["seed"])) == 2


def views_stay(self, run_result, project, exists):
    """A view outlives the table it reads, also where others drop it."""
    SeedTestBase._check_relation_end_state(self, run_result, project, exists=True)


@pytest.fixture(scope="class", autouse=True)
def seed_with_mark(self, project):
    """The file lies beside the base test."""
    project.run_sql(simple_seeds.seeds__expected_sql)
    file = Path(simple_seeds.__file__).parent / "seed_bom.csv"
    shutil.copy(file, Path(project.project_root) / "seeds" / file.name)


def valid_to_in_utc(self, project, monkeypatch):
    """A time has a zone here, and the test's have none."""
    ask = snapshots.run_sql_with_adapter

    def without_zone(value):
        return value.astimezone(timezone.utc).replace(tzinfo=None) if isinstance(value, datetime) else value

    def ask_in_utc(adapter, sql, fetch=None):
        return [[without_zone(value) for value in row] for row in ask(adapter, sql, fetch)]

    monkeypatch.setattr(snapshots, "run_sql_with_adapter", ask_in_utc)
    snapshots.BaseSnapshotDbtValidToCurrent.test_valid_to_current(self, project)


def columns_equal(kind):
    prefix = {"table": "my_model", "view": "my_model_view", "incremental": "my_model_incremental"}[kind]
    return {
        "models": given(
            {
                "my_model_wrong_order.sql": getattr(constraints, f"{prefix}_wrong_order_sql"),
                "my_model_wrong_name.sql": getattr(constraints, f"{prefix}_wrong_name_sql"),
                "constraints_schema.yml": constraints.model_schema_yml,
            }
        ),
        "string_type": given("STRING", "function"),
        "int_type": given("INT64", "function"),
        # A value, its type as the model declares it, and as the error names it.
        "data_types": given(
            [
                ["1", "int64", "INT64"],
                ["'1'", "string", "STRING"],
                ["true", "bool", "BOOL"],
                ["date '2019-01-01'", "date", "DATE"],
                ["timestamp '2013-11-03 00:00:00-07'", "timestamp", "TIMESTAMP"],
                ["['a', 'b']", "array<string>", "ARRAY<STRING>"],
                ["[1, 2]", "array<int64>", "ARRAY<INT64>"],
                ["numeric '1'", "numeric", "NUMERIC"],
                ["""json '{"bar": "baz", "active": false}'""", "json", "JSON"],
            ],
            "function",
        ),
    }


def header(materialized, more=""):
    model = f"""{{{{ config(materialized='{materialized}'{more}) }}}}
{{% call set_sql_header(config) %}}
declare demo string default 'hello world';
{{% endcall %}}
select demo as column_name
"""
    return {
        "models": given(
            {
                "my_model_contract_sql_header.sql": model,
                "constraints_schema.yml": constraints.model_contract_header_schema_yml,
            }
        )
    }


def ddl(columns, source="", names="id, color, date_day", order="'blue' as color, 1 as id"):
    """What the adapter sends for a table whose model enforces its contract."""
    return f"""create or replace table <model_identifier> ({columns})
OPTIONS()
as (select {names} from ({source} select {order}, '2019-01-01' as date_day) as model_subq);"""


DEPENDS = "-- depends_on: <foreign_key_model_identifier>\n"
WITH_KEYS = ddl(
    "id INT64 not null primary key not enforced references <foreign_key_model_identifier> (id) not enforced,"
    " color string, date_day string",
    DEPENDS,
)
NOT_NULL = {"expected_error_messages": given(["Required field id cannot be null"])}
SEED_TYPES = {"seed_id": "STRING", "birthday": "STRING"}
TRICKY_TYPES = {"seed_id_str": "STRING", "looks_like_a_bool": "STRING", "looks_like_a_date": "STRING"}

TIMED = {"project_config_update": given({"seeds": {"+column_types": {"updated_at": "timestamp"}}})}

OVERRIDES = {
    **FUNCTIONS,
    **GRANTS,
    "MaterializedViewBasic": BASIC,
    "BaseSimpleSeedWithBOM": {"setUp": seed_with_mark},
    "BaseBasicSeedTests": {"_check_relation_end_state": views_stay},
    "BaseSeedConfigFullRefreshOn": {"_check_relation_end_state": views_stay},
    "BaseCalculateFreshnessMethod": {"valid_sql": given("select current_timestamp()")},
    "BaseCurrentTimestamps": {
        "expected_schema": given(
            {
                "current_timestamp": "TIMESTAMP",
                "current_timestamp_in_utc_backcompat": "TIMESTAMP",
                "current_timestamp_backcompat": "TIMESTAMP",
            }
        ),
        "expected_sql": given(None),
    },
    "BaseSimpleSnapshot": TIMED,
    "BaseSnapshotCheck": TIMED,
    "BasePersistDocs": {"_assert_has_view_comments": view_comments},
    "BaseSeedSpecificFormats": {"seeds": seeds_without_dots, "test_simple_seed": loads_both},
    "BaseIncrementalPredicates": {
        "project_config_update": given(
            {
                "models": {
                    "+incremental_predicates": ["dbt_internal_dest.id != 2"],
                    "+incremental_strategy": "merge",
                }
            }
        )
    },
    "BaseSimpleCopyUppercase": {"dbt_profile_target": given(profile())},
    # A batch replaces partitions.
    "BaseMicrobatch": {
        "microbatch_model_sql": given(
            microbatch._microbatch_model_sql.replace(
                "unique_key='id'",
                "partition_by={'field': 'event_time', 'data_type': 'timestamp', 'granularity': 'day'}",
            )
        )
    },
    "CatalogRelationTypes": {"test_relation_types_populate_correctly": names_kinds},
    "BaseChangeRelationTypeValidator": {"_run_and_check_materialization": replaced},
    "BaseShowDoesNotHandleDoubleLimit": {
        "DATABASE_ERROR_MESSAGE": "Syntax error: Expected end of input but got keyword LIMIT"
    },
    # A view becomes a table by a full refresh only.
    "BaseSimpleMaterializations": {"test_config": given({"require_full_refresh": True})},
    "BaseArrayAppend": {"models": given(comparable(fixture_array_append, "array_append"))},
    "BaseArrayConcat": {"models": given(comparable(fixture_array_concat, "array_concat"))},
    "BaseArrayConstruct": {"models": given(comparable(fixture_array_construct, "array_construct"))},
    # The word null is no number in a CSV file, nothing is NULL.
    "BaseEquals": {
        "seeds": given({"data_equals.csv": fixture_equals.SEEDS__DATA_EQUALS_CSV.replace("null", "")})
    },
    "BaseSnapshotDbtValidToCurrent": {"test_valid_to_current": valid_to_in_utc},
    "BaseTypeNumeric": {"numeric_fixture_type": lambda self: "numeric"},
    "BaseUnitTestingTypes": {
        "data_types": given(
            [
                ["1", "1"],
                ["'1'", "1"],
                ["cast('true' as boolean)", "true"],
                ["1.0", "1.0"],
                ["'string value'", "string value"],
                ["cast('2019-01-01' as date)", "2019-01-01"],
                ["cast('2013-11-03 00:00:00-07' as timestamp)", "2013-11-03 00:00:00-07"],
                ["['a', 'b', 'c']", "['a', 'b', 'c']"],
                ["cast(1 as numeric)", "1"],
            ],
            "function",
        )
    },
    "BaseTableConstraintsColumnsEqual": columns_equal("table"),
    "BaseViewConstraintsColumnsEqual": columns_equal("view"),
    "BaseIncrementalConstraintsColumnsEqual": columns_equal("incremental"),
    "BaseTableContractSqlHeader": header("table"),
    "BaseIncrementalContractSqlHeader": header("incremental", ", on_schema_change='append_new_columns'"),
    "BaseConstraintsRuntimeDdlEnforcement": {"expected_sql": given(WITH_KEYS)},
    "BaseIncrementalConstraintsRuntimeDdlEnforcement": {"expected_sql": given(WITH_KEYS)},
    "BaseModelConstraintsRuntimeEnforcement": {
        "expected_sql": given(
            ddl(
                "id INT64 not null, color string, date_day string, primary key (id) not enforced,"
                " foreign key (id) references <foreign_key_model_identifier> (id) not enforced",
                DEPENDS,
            )
        )
    },
    "BaseConstraintQuotedColumn": {
        "models": given(
            {
                "my_model.sql": constraints.my_model_with_quoted_column_name_sql,
                "constraints_schema.yml": constraints.model_quoted_column_schema_yml,
            }
        ),
        "expected_sql": given(
            ddl(
                "id INT64 not null, `from` string not null, date_day string",
                names="id, `from`, date_day",
                order="'blue' as `from`, 1 as id",
            )
        ),
    },
    "BaseConstraintsRollback": NOT_NULL,
    "BaseIncrementalConstraintsRollback": NOT_NULL,
    "BaseSimpleSeedColumnOverride": {
        "seed_enabled_types": staticmethod(lambda: SEED_TYPES),
        "seed_tricky_types": staticmethod(lambda: TRICKY_TYPES),
        "seeds": given(
            {
                "seed_enabled.csv": simple_seeds.seeds__enabled_in_config_csv,
                "seed_disabled.csv": simple_seeds.seeds__disabled_in_config_csv,
                "seed_tricky.csv": simple_seeds.seeds__tricky_csv,
            }
        ),
        "models": given(
            {
                "schema.yml": simple_seed.properties__schema_yml.replace("type: text", "type: STRING")
                .replace("type: integer", "type: INT64")
                .replace("type: date\n", "type: STRING\n")
                .replace("type: boolean", "type: BOOLEAN")
                .replace("type: timestamp without time zone", "type: DATETIME")
            }
        ),
    },
}
