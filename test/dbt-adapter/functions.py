"""Functions of one's own as BigQuery writes them: its types, an expression as the body, no word for volatility in SQL."""

from dbt.tests.adapter.functions import files
from fixtures import given


def typed(yml):
    return yml.replace("data_type: float\n", "data_type: float64\n")


def price(yml):
    return {"functions": given({"price_for_xlarge.sql": "price * 2", "price_for_xlarge.yml": typed(yml)})}


def says_nothing(self, sql):
    assert not any(word in sql for word in ("VOLATILE", "STABLE", "IMMUTABLE"))


def python(name, body, yml):
    return {"functions": given({f"{name}.py": body, f"{name}.yml": typed(yml)})}


SCALAR = price(files.MY_UDF_YML)
PYTHON = python("price_for_xlarge", files.MY_UDF_PYTHON, files.MY_UDF_PYTHON_YML)
AGGREGATE = {
    "functions": given(
        {
            "sum_squared.sql": files.SUM_SQUARED_UDAF_SQL,
            "sum_squared.yml": files.SUM_SQUARED_UDAF_SQL_YML.replace("numeric", "float64"),
        }
    )
}


OVERRIDES = {
    "UDFsBasic": SCALAR,
    "DeterministicUDF": {**SCALAR, "check_function_volatility": says_nothing},
    "StableUDF": {**SCALAR, "check_function_volatility": says_nothing},
    "NonDeterministicUDF": {**SCALAR, "check_function_volatility": says_nothing},
    "ErrorForUnsupportedType": SCALAR,
    "CanFindScalarFunctionRelation": SCALAR,
    "SqlUDFDefaultArgSupport": price(files.MY_UDF_WITH_DEFAULT_ARG_YML),
    "PythonUDFSupported": PYTHON,
    "PythonUDFVolatilitySupport": PYTHON,
    "BasicSQLUDAF": AGGREGATE,
}
