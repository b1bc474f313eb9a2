"""Runs pytest in a Python that has Spark 3.5, which it finds or installs from the lock; it refuses a Python that Spark 3.5 does not run on."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

PROBE = "import sys, pyspark, pytest; sys.exit(0 if pyspark.__version__.startswith('3.5.') and sys.version_info[:2] in ((3, 10), (3, 11)) else 1)"


def pythons() -> list[str]:
    """Every Python 3.10 or 3.11 in sight; GitHub's images keep theirs in the tool cache, not on PATH."""
    names = ("python3.11", "python3.10", "python3")
    found = [
        str(Path(folder) / name)
        for name in names
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if folder
    ]
    cache = os.environ.get("RUNNER_TOOL_CACHE", "")
    if cache:
        found += [
            str(path)
            for version in ("3.11", "3.10")
            for path in sorted(Path(cache, "Python").glob(f"{version}.*/*/bin/python3"), reverse=True)
        ]
    return [path for path in dict.fromkeys(found) if os.access(path, os.X_OK)]


def answers(python: str, code: str) -> bool:
    return subprocess.run([python, "-I", "-c", code], capture_output=True, check=False).returncode == 0


def find_spark(requirements: Path) -> str | None:
    candidates = pythons()
    ready = next((python for python in candidates if answers(python, PROBE)), None)
    if ready is not None:
        return ready
    base = next(
        (
            python
            for python in candidates
            if answers(python, "import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))")
        ),
        None,
    )
    if base is None:
        print(
            "::error::Testing Spark jobs: Spark 3.5 runs on Python 3.10 and 3.11 and this runner has neither; add actions/setup-python with python-version 3.11 before this step."
        )
        return None
    folder = (
        Path(os.environ.get("RUNNER_TOOL_CACHE") or tempfile.gettempdir())
        / "clickstream-actions"
        / f"spark-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    )
    python = str(folder / "bin" / "python")
    if not (folder / ".complete").exists():
        print("Installing Spark and pytest from the lock …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([base, "-m", "venv", str(folder)], check=True)
        # pyspark is published as source only; it is built with a setuptools of the same lock.
        pip = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--require-hashes",
        ]
        build = requirements.with_name("build-requirements.txt")
        subprocess.run([*pip, "--only-binary", ":all:", "-r", str(build)], check=True)
        subprocess.run([*pip, "--no-build-isolation", "-r", str(requirements)], check=True)
        (folder / ".complete").touch()
    return python


def append(variable: str, text: str) -> None:
    if os.environ.get(variable):
        with open(os.environ[variable], "a", encoding="utf-8") as file:
            file.write(text)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="test_spark.py", allow_abbrev=False)
    parser.add_argument("--tests", required=True)
    parser.add_argument("--requirements", required=True)
    options = parser.parse_args(arguments)
    if not Path(options.tests).is_dir():
        print(f"::notice::There is no folder {options.tests}, so no Spark test was run.")
        append("GITHUB_STEP_SUMMARY", f"### Spark tests\n\nNone: there is no folder `{options.tests}`.\n")
        return 0
    try:
        python = find_spark(Path(options.requirements).resolve())
    except subprocess.CalledProcessError as error:
        print(
            f"::error::Testing Spark jobs: installing Spark ended with exit code {error.returncode}; is the package index reachable?"
        )
        return 1
    if python is None:
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        report = f"{scratch}/report.xml"
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": python,
        }
        command = [
            python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            options.tests,
        ]
        code = subprocess.run(command, env=environment, check=False).returncode
        suite = ElementTree.parse(report).getroot().find("testsuite") if os.path.exists(report) else None
        counts = {
            name: int(suite.get(name, "0")) if suite is not None else 0
            for name in ("tests", "failures", "errors", "skipped")
        }
        cases = (
            []
            if suite is None
            else [
                case for case in suite if case.find("failure") is not None or case.find("error") is not None
            ]
        )
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    for case in cases[:20]:
        node = case.find("failure") if case.find("failure") is not None else case.find("error")
        message = re.sub(r"\s+", " ", (node.get("message") or "failed") if node is not None else "failed")[
            :300
        ].replace("%", "%25")
        print(f"::error title={case.get('name', 'test')}::{message}")
    append("GITHUB_OUTPUT", f"passed={passed}\n")
    append(
        "GITHUB_STEP_SUMMARY",
        f"### Spark tests\n\n{passed} passed, {failed} failed, {counts['skipped']} skipped in `{options.tests}`.\n",
    )
    if code != 0 and failed == 0:
        print(
            f"::error::Testing Spark jobs: pytest ended with exit code {code} {'because it found no test' if code == 5 else 'before any test failed'}; see its output above."
        )
    return 1 if code != 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
