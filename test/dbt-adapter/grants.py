"""Roles and members as BigQuery has them in place of SQL privileges and database users."""

import os

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
NAMES = {
    "select": "roles/bigquery.dataViewer",
    "insert": "roles/bigquery.dataEditor",
    "fake_privilege": "roles/invalid",
    # Whether a person exists Google alone knows; a service account of the project is known here as well.
    "invalid_user": f"serviceAccount:nobody@{PROJECT}.iam.gserviceaccount.com",
}
for number in (1, 2, 3):
    os.environ[f"DBT_TEST_USER_{number}"] = f"group:testers-{number}@example.com"

NAMED = {"privilege_grantee_name_overrides": lambda self: NAMES}
OVERRIDES = {
    "BaseModelGrants": NAMED,
    "BaseIncrementalGrants": NAMED,
    # A seed is made anew each time, and with it who may read it.
    "BaseSeedGrants": {**NAMED, "seeds_support_partial_refresh": lambda self: False},
    "BaseSnapshotGrants": NAMED,
    "BaseInvalidGrants": {
        **NAMED,
        "grantee_does_not_exist_error": lambda self: "does not exist",
        "privilege_does_not_exist_error": lambda self: (
            "Role roles/invalid is not supported for this resource"
        ),
    },
}
