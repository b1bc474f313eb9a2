"""Every base test that dbt Labs gives to the authors of adapters, for BigQuery; what another test is built on is none."""

import importlib
import inspect
import os
from pathlib import Path

import dbt.tests.adapter
from bigquery import OVERRIDES
from dbt.tests.adapter.simple_snapshot import common
from dialect import translate, translate_updates

from conftest import KNOWN

ROOT = Path(next(iter(dbt.tests.adapter.__path__)))
WANTED = os.environ.get("PARTLY", "").split()


def modules():
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if file.name.startswith("__") or parts[0] in KNOWN["areas"]:
            continue
        if not WANTED or parts[0] in WANTED:
            yield parts[0], importlib.import_module(".".join(("dbt.tests.adapter", *parts)))


def is_base(module, name, value):
    if not inspect.isclass(value) or value.__module__ != module.__name__ or name.startswith(("Test", "_")):
        return False
    return any(member.startswith("test") for member in dir(value))


for file in ROOT.rglob("*.py"):
    if not file.name.startswith("__"):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[0] not in KNOWN["areas"]:
            translate(importlib.import_module(".".join(("dbt.tests.adapter", *parts))))

translate_updates(common)

LEFT_OUT = {name for names in KNOWN["leftOut"].values() for name in names}
for area, found in modules():
    for own_name, base in list(vars(found).items()):
        if is_base(found, own_name, base) and own_name not in LEFT_OUT:
            test_name = f"Test_{area}_{own_name}"
            globals()[test_name] = type(test_name, (base,), {**OVERRIDES.get(own_name, {})})
