"""Drives Google's Python client for Storage through what a pipeline does; prints the names of the steps that held."""

import io
import os
import sys

from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed
from google.cloud import storage

BIG = os.urandom(3 * 1024 * 1024 + 7)


def check(step: str, holds: bool) -> None:
    """Stop at the first step that does not hold."""
    if not holds:
        sys.exit(f"{step} does not hold")
    print(step)


def raises(kind: type[Exception], call: object) -> bool:
    """Whether the call fails with exactly this error of the client."""
    try:
        call()  # type: ignore[operator]
    except kind:
        return True
    return False


def main(project: str, bucket_name: str) -> None:
    client = storage.Client(project=project)
    bucket = client.bucket(bucket_name)
    small = bucket.blob("python/ü small.txt")
    small.upload_from_string("hello", checksum="crc32c", content_type="text/plain")
    check("multipart upload", small.download_as_bytes(checksum="crc32c") == b"hello")
    check("range", small.download_as_bytes(start=1, end=2) == b"el")
    for name, size in (("sized", len(BIG)), ("unsized", None)):
        blob = bucket.blob(f"python/{name}", chunk_size=1024 * 1024)
        blob.upload_from_file(io.BytesIO(BIG), size=size, checksum="md5")
        check(f"resumable upload, {name}", blob.download_as_bytes(checksum="md5") == BIG)
    with bucket.blob("python/written").open("wb") as file:
        file.write(BIG[:700_000])
    check("file-like writer", bucket.get_blob("python/written").size == 700_000)
    empty = bucket.blob("python/empty")
    empty.upload_from_string(b"")
    check("empty object", empty.download_as_bytes() == b"")
    names = [blob.name for blob in client.list_blobs(bucket, prefix="python/", page_size=2)]
    check("pages of a list", names == sorted(names) and len(names) == 5)
    listing = client.list_blobs(bucket, delimiter="/")
    check("prefixes", list(listing) == [] and "python/" in listing.prefixes)
    copy = bucket.copy_blob(small, bucket, "python/copy", if_generation_match=0)
    check("copy", copy.download_as_text() == "hello")
    bucket.blob("python/composed").compose([small, copy])
    composed = bucket.get_blob("python/composed")
    check("compose", composed.component_count == 2 and composed.md5_hash is None)
    composed.metadata = {"origin": "python"}
    composed.patch(if_metageneration_match=1)
    check("patch", composed.metageneration == 2)
    composed.update_storage_class("NEARLINE")
    check("rewrite", composed.storage_class == "NEARLINE" and composed.download_as_bytes() == b"hellohello")
    with client.batch():
        bucket.blob("python/composed").delete()
        bucket.blob("python/copy").delete()
    check("batch delete", not bucket.blob("python/copy").exists())
    check("412", raises(PreconditionFailed, lambda: small.upload_from_string("x", if_generation_match=0)))
    check("404", raises(NotFound, lambda: bucket.blob("python/none").download_as_bytes()))
    check("403", raises(Forbidden, lambda: client.create_bucket("python-made-bucket")))
    check("bucket", client.get_bucket(bucket_name).location == "US-CENTRAL1")
    granted = bucket.test_iam_permissions(["storage.objects.get", "storage.buckets.delete"])
    check("permissions", granted == ["storage.objects.get"])


if __name__ == "__main__":
    main(*sys.argv[1:])
