"""What the substitutes for base fixtures are made with."""

import os

import pytest


def given(value, scope="class"):
    """A fixture that is this value, whoever asks for it."""
    return pytest.fixture(scope=scope)(lambda self: value)


def profile():
    return {
        "type": "bigquery",
        "method": "oauth",
        "project": os.environ["GOOGLE_CLOUD_PROJECT"],
        "location": os.environ["LOCAL_CLOUD_LOCATION"],
        "api_endpoint": os.environ["LOCAL_CLOUD_URL"],
        "threads": 4,
        "job_retries": 0,
        "job_execution_timeout_seconds": 60,
    }
