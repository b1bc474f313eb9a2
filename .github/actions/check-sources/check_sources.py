"""Compiles the Python of DAGs and Spark jobs and lets dbt parse its project; it imports and runs nothing of what it checks, and needs no cloud."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# What dbt's documentation site consists of.
SITE = ("index.html", "manifest.json", "catalog.json")


def fail(sentence: str, file: str = "", line: int | None = None) -> None:
    place = "" if file == "" else f" file={file}" + ("" if line is None else f",line={line}")
    escaped = sentence.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::error{place}::{escaped}")


def compile_python(folders: list[str]) -> tuple[int, int]:
    """Numbers of files that compile and of files that do not."""
    good = bad = 0
    for folder in folders:
        if not Path(folder).is_dir():
            fail(
                f"Checking the sources: the folder {folder} does not exist; name the right one, and let a checkout step come first."
            )
            bad += 1
        for file in sorted(Path(folder).rglob("*.py")):
            try:
                compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
                good += 1
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None)
                fail(
                    f"Checking the sources: {file} does not compile: {getattr(error, 'msg', error)}; mend line {line or 1}.",
                    str(file),
                    line,
                )
                bad += 1
    return good, bad


def locked_versions(requirements: Path) -> dict[str, str]:
    return dict(
        re.findall(r"^(dbt-core|dbt-bigquery)==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    )


def find_dbt(requirements: Path) -> list[str]:
    """A dbt of the locked versions on PATH, else one installed from the lock beside the tools of this runner."""
    wanted = locked_versions(requirements)
    dbt = shutil.which("dbt")
    if dbt is not None:
        said = subprocess.run([dbt, "--version"], capture_output=True, text=True, check=False).stdout
        if all(re.search(rf"\b{re.escape(version)}\b", said) for version in wanted.values()):
            return [dbt]
    base = Path(os.environ.get("RUNNER_TOOL_CACHE") or tempfile.gettempdir()) / "clickstream-actions"
    folder = base / f"dbt-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    if not (folder / ".complete").exists():
        print(f"Installing dbt-core {wanted['dbt-core']} from the lock …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--only-binary",
            ":all:",
        ]
        # The lock is complete. Older pips take an extra in it ("name[extra]==1.2") for something unlocked.
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(requirements)], check=True)
        (folder / ".complete").touch()
    # run-dbt leaves its installation in the same place, moved there: its scripts name another Python.
    return [str(folder / "bin" / "python"), "-m", "dbt.cli.main"]


def run_dbt(project: str, docs: str, requirements: Path) -> bool:
    file = Path(project) / "dbt_project.yml"
    profile = (
        re.search(r"^profile:\s*['\"]?([\w-]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if file.is_file()
        else None
    )
    if profile is None:
        fail(
            f"Checking the sources: {file} does not exist or names no profile; name the dbt project's folder with the input dbt.",
            str(file),
        )
        return False
    dbt = find_dbt(requirements)
    with tempfile.TemporaryDirectory() as scratch:
        # Nothing connects: parsing only wants to know the kind of warehouse.
        target = {
            "type": "bigquery",
            "method": "oauth",
            "project": "checked-without-a-cloud",
            "dataset": "checked",
            "threads": 1,
        }
        Path(scratch, "profiles.yml").write_text(
            json.dumps({profile[1]: {"target": "check", "outputs": {"check": target}}}), encoding="utf-8"
        )
        flags = [
            "--project-dir",
            project,
            "--profiles-dir",
            scratch,
            "--target-path",
            f"{scratch}/target",
            "--log-path",
            f"{scratch}/logs",
        ]
        environment = {
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
            "DBT_USE_COLORS": "false",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for command in (
            [["parse"]]
            if docs == ""
            else [["parse"], ["docs", "generate", "--no-compile", "--empty-catalog"]]
        ):
            done = subprocess.run(
                [*dbt, *command, *flags],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            print(done.stdout, end="", flush=True)
            if done.returncode != 0:
                last = [line for line in done.stdout.splitlines() if line.strip()][-1:] or ["no output"]
                fail(
                    f"Checking the sources: dbt {' '.join(command)} failed: {re.sub(r'^[0-9:]+ +', '', last[0])}; its output stands above.",
                    str(file),
                )
                return False
        if docs != "":
            Path(docs).mkdir(parents=True, exist_ok=True)
            for name in SITE:
                shutil.copyfile(f"{scratch}/target/{name}", Path(docs) / name)
    return True


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="check_sources.py", allow_abbrev=False)
    for name in ("spark", "dags", "dbt", "docs", "requirements"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args(arguments)
    good, bad = compile_python([options.dags, options.spark])
    try:
        is_parsed = run_dbt(options.dbt, options.docs, Path(options.requirements).resolve())
    except subprocess.CalledProcessError as error:
        fail(
            f"Checking the sources: installing dbt ended with exit code {error.returncode}; is the package index reachable and does this Python have venv?"
        )
        is_parsed = False
    if os.environ.get("GITHUB_OUTPUT"):
        with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:
            output.write(f"python-files={good}\n")
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as summary:
            parsed = "parsed" if is_parsed else "**does not parse**"
            summary.write(
                f"### Sources\n\n{good} Python files compile{f', **{bad} do not**' if bad else ''}; the dbt project {parsed}.\n"
            )
    return 0 if bad == 0 and is_parsed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
