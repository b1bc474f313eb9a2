"""Makes the release package of a checkout, byte for byte the same wherever it is made, and verifies one; it refuses links, credentials and anything outside the checkout."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import stat
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

SCHEMA_VERSION = 1
SUMMARY = "release.json"
# Made by tools while they run; never part of what an author wrote.
LEFT_OUT = ("__pycache__", "*.pyc", ".git", ".DS_Store", ".pytest_cache", ".ruff_cache")
LEFT_OUT_OF_DBT = ("target", "logs", ".user.yml")
# What google-github-actions/auth leaves in a workspace.
CREDENTIALS = "gha-creds-*.json"
# Refused by actions/upload-artifact or by Cloud Storage.
BAD_NAME = re.compile(r'[\x00-\x1f\x7f\\":<>|*?]')
PACKAGE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IMAGE = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+@sha256:[0-9a-f]{64}")
DIGEST = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """One sentence for the author."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode()


def read_folder(
    root: Path, folder: str, what: str, left_out: tuple[str, ...] = (), may_be_absent: bool = False
) -> dict[str, bytes]:
    """Path below the folder -> bytes. Names in `left_out` count at the top of the folder only."""
    top = inside(root, folder, what)
    if may_be_absent and not os.path.lexists(top):
        return {}
    if not top.is_dir() or top.is_symlink():
        raise Refused(
            f"Packaging the release: the {what} folder {folder} is not a folder of the checkout; name it with the input {what}, and let a checkout step come first."
        )
    found: dict[str, bytes] = {}
    walk(top, "", f"{folder}/", (*LEFT_OUT, *left_out), found)
    return found


def walk(top: Path, below: str, shown: str, left_out: tuple[str, ...], found: dict[str, bytes]) -> None:
    for entry in sorted(os.scandir(top / below), key=lambda entry: entry.name):
        name = f"{below}{entry.name}"
        if any(fnmatch(entry.name, pattern) for pattern in left_out):
            continue
        if BAD_NAME.search(entry.name):
            raise Refused(
                f"Packaging the release: the name {json.dumps(shown + name)} holds a character that artifacts cannot have; rename it."
            )
        if fnmatch(entry.name, CREDENTIALS):
            raise Refused(
                f"Packaging the release: {shown}{name} is a credentials file and is never packaged; sign in after packaging, or give a folder that does not hold it."
            )
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            walk(top, f"{name}/", shown, LEFT_OUT, found)
        elif stat.S_ISREG(mode):
            found[name] = (top / name).read_bytes()
        else:
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a plain file"
            raise Refused(f"Packaging the release: {shown}{name} is {kind}; put the file itself there.")


def inside(root: Path, given: str, what: str) -> Path:
    """A path below the checkout; `..` and absolute paths would package somebody else's files."""
    if (
        given == ""
        or given.startswith(("/", "~"))
        or "\\" in given
        or re.match(r"[A-Za-z]:", given)
        or ".." in given.split("/")
    ):
        raise Refused(
            f"Packaging the release: {what} is {json.dumps(given)}; write a path inside the checkout, such as {what}."
        )
    path = root
    for part in Path(given).parts:
        path = path / part
        if path.is_symlink():
            raise Refused(
                f"Packaging the release: {what} is {json.dumps(given)}, and {part} is a symbolic link; name the folder itself."
            )
    return path


def zip_of(package: str, files: dict[str, bytes]) -> bytes:
    """Stored, not compressed: compressed bytes depend on the zlib of the machine. The clock of the entries stands still for the same reason."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{package}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def spark_parts(sources: dict[str, bytes], folder: str) -> dict[str, bytes]:
    """Job files as they are, every package beside them as one zip: what submit-spark stages."""
    parts: dict[str, bytes] = {}
    packages: dict[str, dict[str, bytes]] = {}
    for name, data in sources.items():
        head, _, rest = name.partition("/")
        if head == "jobs" and rest.endswith(".py") and "/" not in rest:
            parts[f"spark/jobs/{rest}"] = data
        elif head == "jobs" or rest == "":
            if name.endswith(".py"):
                raise Refused(
                    f"Packaging the release: {folder}/{name} would not be found by a job; put jobs into {folder}/jobs and modules into a package folder beside it."
                )
            print(f"left out: {folder}/{name} is neither a job nor in a package", file=sys.stderr)
        else:
            packages.setdefault(head, {})[rest] = data
    for package, files in packages.items():
        if not PACKAGE_NAME.fullmatch(package):
            raise Refused(
                f"Packaging the release: the folder {folder}/{package} is not a Python package name; use letters, digits and underscores."
            )
        parts[f"spark/{package}.zip"] = zip_of(package, files)
    if not any(name.startswith("spark/jobs/") for name in parts):
        raise Refused(
            f"Packaging the release: {folder}/jobs holds no .py file, so there is no Spark job; name the folder above it with the input spark."
        )
    return parts


def described(files: dict[str, bytes], dag: str, image: str | None) -> dict[str, bytes]:
    """The two files that tell what the package is; everything in them follows from the other files, the name of the DAG and the image."""
    digests = {name: sha256(data) for name, data in sorted(files.items())}
    lines = [
        f"clickstream-release {SCHEMA_VERSION}",
        f"dag {dag}",
        f"dbt-image {image or '-'}",
        *(f"{digest}  {name}" for name, digest in digests.items()),
    ]
    digest = sha256(("\n".join(lines) + "\n").encode())
    # The names under which submit-spark stages the same bytes (actions/submit-spark/src/observe.ts).
    staged = {
        name: f"submit-spark/{digests[name]}/{name.rsplit('/', 1)[1]}"
        for name in digests
        if name.startswith("spark/")
    }
    modules = [staged[name] for name in sorted(staged) if name.endswith(".zip")]
    jobs = {
        Path(name).stem: {"main": staged[name], "pyFiles": modules}
        for name in sorted(staged)
        if name.startswith("spark/jobs/")
    }
    head = {
        "schemaVersion": SCHEMA_VERSION,
        "digest": digest,
        "spark": jobs,
        "dbt": None if image is None else {"image": image},
    }
    return {
        SUMMARY: as_json({**head, "dag": dag, "files": digests}),
        f"dags/{dag}.release.json": as_json(head),
    }


def make(options: argparse.Namespace) -> None:
    root = Path.cwd()
    image = options.dbt_image or None
    if image is not None and not IMAGE.fullmatch(image):
        raise Refused(
            f"Packaging the release: dbt-image is {json.dumps(image)}; write HOST/PROJECT/REPOSITORY/NAME@sha256:… with the digest, because a tag can come to mean another image."
        )
    if not PACKAGE_NAME.fullmatch(options.dag):
        raise Refused(
            f"Packaging the release: dag is {json.dumps(options.dag)}; write the DAG's file name without .py, such as clickstream_pipeline."
        )
    output = inside(root, options.output, "output")
    for what in ("spark", "dags", "dbt", "views", "ddl"):
        source = inside(root, getattr(options, what), what)
        if source == output or source in output.parents or output in source.parents:
            raise Refused(
                f"Packaging the release: output {options.output} and the {what} folder {getattr(options, what)} hold each other; give a folder of its own."
            )
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise Refused(
            f"Packaging the release: {options.output} is there already and not empty; give the output another name, or remove it."
        )
    files = spark_parts(read_folder(root, options.spark, "spark"), options.spark)
    parts = (
        ("dags", "dags", (), False),
        ("dbt", "dbt", LEFT_OUT_OF_DBT, False),
        ("views", "bigquery/views", (), False),
        ("ddl", "bigquery/ddl", (), True),
    )
    for what, place, left_out, may_be_absent in parts:
        for name, data in read_folder(root, getattr(options, what), what, left_out, may_be_absent).items():
            files[f"{place}/{name}"] = data
    if f"dags/{options.dag}.py" not in files:
        raise Refused(
            f"Packaging the release: {options.dags}/{options.dag}.py does not exist, and a DAG reads its release from beside itself; name the DAG's file with the input dag."
        )
    made = next((name for name in files if name.startswith("dags/") and name.endswith(".release.json")), None)
    if made is not None:
        raise Refused(
            f"Packaging the release: {options.dags}/{made[5:]} is in the sources, but such a file is only made here; remove it."
        )
    write_package(output, {**files, **described(files, options.dag, image)})
    tell(options.output, output)


def write_package(output: Path, files: dict[str, bytes]) -> None:
    """Whole or not at all: a half-written folder would look like a package."""
    building = output.with_name(f"{output.name}.{os.getpid()}.tmp")
    shutil.rmtree(building, ignore_errors=True)
    for name, data in sorted(files.items()):
        (building / name).parent.mkdir(parents=True, exist_ok=True)
        (building / name).write_bytes(data)
        (building / name).chmod(0o644)
    if output.exists():
        output.rmdir()
    building.rename(output)


def verify(options: argparse.Namespace) -> None:
    if not DIGEST.fullmatch(options.digest):
        raise Refused(
            f"Verifying the release: digest is {json.dumps(options.digest)}; write the 64 hexadecimal digits that packaging put out."
        )
    folder = inside(Path.cwd(), options.output, "output")
    if not (folder / SUMMARY).is_file():
        raise Refused(
            f"Verifying the release: {options.output} holds no {SUMMARY}; was the artifact of the build downloaded there?"
        )
    found: dict[str, bytes] = {}
    walk(folder, "", f"{options.output}/", (), found)
    try:
        summary = json.loads(found[SUMMARY])
        dag, image = summary["dag"], (summary["dbt"] or {}).get("image")
        if (
            summary["schemaVersion"] != SCHEMA_VERSION
            or not isinstance(dag, str)
            or not PACKAGE_NAME.fullmatch(dag)
        ):
            raise ValueError
        files = {
            name: data for name, data in found.items() if name not in (SUMMARY, f"dags/{dag}.release.json")
        }
        expected = described(files, dag, image)
        actual = json.loads(expected[SUMMARY])["digest"]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Refused(
            f"Verifying the release: {options.output}/{SUMMARY} is not a summary of version {SCHEMA_VERSION}; build the release again."
        ) from None
    if actual != options.digest:
        listed = summary["files"] if isinstance(summary.get("files"), dict) else {}
        changed = sorted(
            name for name in {*files, *listed} if name not in files or listed.get(name) != sha256(files[name])
        )
        where = (
            f"; changed since it was made: {', '.join(changed[:5])}{' …' if len(changed) > 5 else ''}"
            if changed
            else "; it is another release"
        )
        raise Refused(
            f"Verifying the release: the digest of {options.output} is {actual}, not {options.digest}{where}; nothing of it may be deployed."
        )
    for name, data in expected.items():
        if found.get(name) != data:
            raise Refused(
                f"Verifying the release: {options.output}/{name} does not say what the package holds; nothing of it may be deployed."
            )
    has_ddl = any(name.startswith("bigquery/ddl/") for name in files)
    check_plans(options.expected_plans, (*(("ddl",) if has_ddl else ()), "spark", "dags", "views"))
    tell(options.output, folder)


def check_plans(text: str, needed: tuple[str, ...]) -> None:
    """Before anything is signed in: a plan that nobody reviewed must not be found after half of the work."""
    if not text:
        return
    try:
        plans = json.loads(text)
    except ValueError:
        plans = None
    if not isinstance(plans, dict):
        raise Refused(
            "Reading expected-plans: it is no JSON object; write the line that the comment on the pull request shows."
        )
    for name in needed:
        if not isinstance(plans.get(name), str) or not DIGEST.fullmatch(plans[name]):
            raise Refused(
                f"Reading expected-plans: there is no digest of 64 hexadecimal digits for {name}; a plan of it was not reviewed, so nothing is deployed."
            )


def tell(shown: str, folder: Path) -> None:
    """Outputs and the summary of the step; without a runner they go to stdout."""
    summary = json.loads((folder / SUMMARY).read_bytes())
    names = list(summary["files"])
    jobs = [f"{shown}/{name}" for name in names if name.startswith("spark/jobs/")]
    outputs = {
        "digest": summary["digest"],
        "path": shown,
        "dbt-image": (summary["dbt"] or {}).get("image", ""),
        "has-ddl": "true" if any(name.startswith("bigquery/ddl/") for name in names) else "false",
        "spark-main": jobs[0],
        "spark-files": "\n".join(jobs[1:]),
        "spark-py-files": "\n".join(
            f"{shown}/{name}" for name in names if name.startswith("spark/") and name.endswith(".zip")
        ),
    }
    lines = [
        f"{name}={value}" if "\n" not in value else f"{name}<<END_OF_LIST\n{value}\nEND_OF_LIST"
        for name, value in outputs.items()
    ]
    append("GITHUB_OUTPUT", "\n".join(lines) + "\n")
    counts = {
        part: sum(1 for name in names if name.startswith(part))
        for part in ("dags/", "spark/jobs/", "dbt/", "bigquery/ddl/", "bigquery/views/")
    }
    rows = "\n".join(f"| `{part}` | {count} |" for part, count in counts.items() if count)
    image = outputs["dbt-image"] or "none: dbt runs as a process"
    append(
        "GITHUB_STEP_SUMMARY",
        f"### Release\n\nDigest `{outputs['digest']}`, dbt image {image}.\n\n| part | files |\n|---|---|\n{rows}\n",
        is_quiet=True,
    )


def append(variable: str, text: str, is_quiet: bool = False) -> None:
    target = os.environ.get(variable)
    if target:
        with open(target, "a", encoding="utf-8") as file:
            file.write(text)
    elif not is_quiet:
        sys.stdout.write(text)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="package_release.py", allow_abbrev=False)
    parser.add_argument("--mode", default="make")
    for name, default in (
        ("spark", "spark"),
        ("dags", "dags"),
        ("dbt", "dbt"),
        ("views", "bigquery/views"),
        ("ddl", "bigquery/ddl"),
        ("output", "release"),
    ):
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--dag", default="clickstream_pipeline")
    parser.add_argument("--dbt-image", default="")
    parser.add_argument("--digest", default="")
    parser.add_argument("--expected-plans", default="")
    options = parser.parse_args(arguments)
    try:
        if options.mode not in ("make", "verify"):
            raise Refused(f"Packaging the release: mode is {json.dumps(options.mode)}; write make or verify.")
        (make if options.mode == "make" else verify)(options)
        return 0
    except Refused as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"Packaging the release: {error.strerror} ({error.filename}).")


def complain(sentence: str) -> int:
    if os.environ.get("GITHUB_ACTIONS"):
        escaped = sentence.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::error title=Release package::{escaped}")
    else:
        print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
