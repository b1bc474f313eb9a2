"""What the base tests for dbt adapters need to run against a local cloud; it tests nothing itself."""

import inspect
import json
import os
import shutil
from pathlib import Path

import pytest
from dbt.tests.fixtures.project import TestProjInfo
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.tests import enable_test_caching
from fixtures import profile

# Each project brings the same 560 macros: dbt keeps what it read of a text, as its own tests let it.
enable_test_caching()
# A word for warnings, for which dbt walks the whole stack, a dozen times a command.
BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt.adapters.bigquery.impl")


def tables_in_schema(self):
    """As the one of dbt's, which asks the one schema of all others."""
    found = self.run_sql(
        f"select table_name, table_type from `{self.database}.{self.test_schema}.INFORMATION_SCHEMA.TABLES`",
        fetch="all",
    )
    kinds = {"BASE TABLE": "table", "VIEW": "view"}
    return {name: kinds.get(kind, kind) for name, kind in found}


TestProjInfo.get_tables_in_schema = tables_in_schema

pytest_plugins = ["dbt.tests.fixtures.project"]

# Tests that do not pass, by reason: one that passes although it stands here fails the run.
KNOWN = json.loads((Path(__file__).parent / "known.json").read_text(encoding="utf-8"))


OWN = {"test_configurations.py": "configurations", "test_materialized.py": "materialized_view"}


def pytest_ignore_collect(collection_path):
    wanted = os.environ.get("PARTLY", "").split()
    area = OWN.get(collection_path.name)
    return True if wanted and area and area not in wanted else None


def pytest_collection_modifyitems(items):
    reasons = {test: reason for reason, tests in KNOWN["failing"].items() for test in tests}
    for item in items:
        name = item.nodeid.split("::", 1)[1]
        if name in reasons:
            item.add_marker(pytest.mark.xfail(reason=reasons.pop(name), strict=True))
    if reasons and len(items) > 1 and not os.environ.get("PARTLY"):
        raise pytest.UsageError(f"known.json names tests that are not there: {', '.join(reasons)}")


@pytest.fixture(scope="class")
def dbt_profile_target():
    return profile()


@pytest.fixture(scope="class")
def test_data_dir(request, tmp_path_factory):
    """A copy of what lies beside the base test, which may fill it and remove it."""
    base = next((one for one in request.cls.__mro__ if one.__module__.startswith("dbt.tests.")), request.cls)
    own = Path(inspect.getfile(base)).parent / "data"
    folder = tmp_path_factory.mktemp("beside") / "data"
    return shutil.copytree(own, folder) if own.exists() else folder


@pytest.fixture(scope="class")
def logs_dir(prefix, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("logs") / prefix)
    os.environ["DBT_LOG_PATH"] = folder
    yield folder
    del os.environ["DBT_LOG_PATH"]
