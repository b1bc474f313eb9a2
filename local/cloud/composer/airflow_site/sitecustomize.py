"""
Read by every Python that Airflow starts here (PYTHONPATH): points those of Airflow's Google clients that no variable can move at the local cloud.
Credentials stay as they are; it refuses to touch anything when LOCAL_CLOUD_ORIGIN names no origin.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

ORIGIN = os.environ.get("LOCAL_CLOUD_ORIGIN", "").rstrip("/")


def redirect_storage(module: Any) -> None:
    """gcloud-aio's own variable would send no token; False says that this is not an emulator."""
    module.init_api_root = lambda api_root, api_is_dev=None: (False, api_root or ORIGIN)


def redirect_bigquery(module: Any) -> None:
    module.init_api_root = lambda api_root, api_is_dev=None: (False, api_root or f"{ORIGIN}/bigquery/v2")


def redirect_dataproc(module: Any) -> None:
    """The hooks speak gRPC; the same requests go out over the library's own REST transport."""
    from google.cloud.dataproc_v1.services.batch_controller.transports.rest import (
        BatchControllerRestTransport,
    )

    client_class = module.BatchControllerClient

    class RestBatchClient(client_class):
        """Hooks name the parent of a new batch projects/*/regions/*, which gRPC takes; in a URL it is projects/*/locations/*."""

        def create_batch(self, request: Any = None, **options: Any) -> Any:
            return super().create_batch(request=_with_locations(request), **options)

        def list_batches(self, request: Any = None, **options: Any) -> Any:
            return super().list_batches(request=_with_locations(request), **options)

    def connect(hook: Any) -> Any:
        return RestBatchClient(
            transport=BatchControllerRestTransport(
                host=ORIGIN, credentials=hook.get_credentials(), client_info=module.CLIENT_INFO
            )
        )

    class AsyncBatchClient:
        """The library has no asynchronous REST transport: a thread does what it would do."""

        def __init__(self, client: Any) -> None:
            self.client = client

        def __getattr__(self, name: str) -> Callable[..., Any]:
            def call(*arguments: Any, retry: Any = None, **options: Any) -> Any:
                return asyncio.to_thread(getattr(self.client, name), *arguments, **options)

            return call

    async def connect_async(hook: Any, region: str | None = None) -> AsyncBatchClient:
        sync_hook = await hook.get_sync_hook()
        return AsyncBatchClient(await asyncio.to_thread(connect, sync_hook))

    module.DataprocHook.get_batch_client = lambda hook, region=None: connect(hook)
    module.DataprocAsyncHook.get_batch_client = connect_async


def _with_locations(request: Any) -> Any:
    if isinstance(request, dict) and "parent" in request:
        return {**request, "parent": request["parent"].replace("/regions/", "/locations/")}
    return request


def main() -> None:
    try:
        from wrapt import when_imported
    except ImportError:  # Another Python that a task starts, such as dbt's: its clients read variables.
        return
    when_imported("gcloud.aio.storage.storage")(redirect_storage)
    when_imported("gcloud.aio.bigquery.bigquery")(redirect_bigquery)
    when_imported("airflow.providers.google.cloud.hooks.dataproc")(redirect_dataproc)


if ORIGIN:
    main()
