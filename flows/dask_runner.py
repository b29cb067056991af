"""Submits tasks to a Dask cluster: Prefect's runner, which here sends names and records instead of code and settings.

Prefect's own sends a task, its flow and all settings by value: the source of a task is then unknown on a worker, and passwords
of the run travel with each call. Imports the extra dask: `flows.cluster` imports this module where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from prefect import Task
from prefect.client.schemas.objects import RunInput
from prefect.context import FlowRunContext, TagsContext
from prefect.futures import PrefectFuture
from prefect.settings import PREFECT_API_URL, PREFECT_LOCAL_STORAGE_PATH
from prefect.states import Crashed
from prefect.utilities.engine import collect_task_run_inputs_sync
from prefect_dask.task_runners import DaskTaskRunner, PrefectDaskFuture

from cosmic.errors import TransientSourceError
from flows.environment import EVERYWHERE
from flows.on_worker import Call, carry_out

Record = TypeVar("Record")
PATIENCE: Final = "10s"
"""How long a scheduler has to answer."""


class Spread(PrefectDaskFuture[Record]):
    """A task that runs on a worker. Where Dask gave it up, it ends as crashed, with the reason."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the final state, however the task ends."""
        super().wait(timeout)
        if self._final_state is None and self.wrapped_future.done():
            self._final_state = _given_up(self.wrapped_future.exception())


class ClusterRunner(DaskTaskRunner):
    """Prefect's Dask runner for tasks and flows that every worker finds by name.

    Parameters
    ----------
    address : str
        Of the scheduler.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address=address, client_kwargs={"timeout": PATIENCE})

    def duplicate(self) -> ClusterRunner:
        """Return another runner on the same cluster."""
        assert self.address is not None
        return ClusterRunner(self.address)

    def submit(  # type: ignore[override]
        self,
        task: Task[..., Record],
        parameters: dict[str, Any],
        wait_for: Iterable[PrefectFuture[Any]] | None = None,
        dependencies: dict[str, set[RunInput]] | None = None,
    ) -> Spread[Record]:
        """Hand a call to the cluster. Nothing is waited for: a flow of ours submits what is ready."""
        assert not wait_for
        call = call_of(task, parameters, dependencies)
        future = self.client.submit(carry_out, call, key=f"{task.name}-{call.run_id}", pure=False)
        return Spread(task_run_id=call.run_id, wrapped_future=future)


def call_of(
    task: Task[..., Any], parameters: dict[str, Any], dependencies: dict[str, set[RunInput]] | None = None
) -> Call:
    """Return what is sent of a call, inside of a flow."""
    context, tags = FlowRunContext.get(), TagsContext.get()
    assert context is not None
    assert context.flow is not None
    inputs = {name: collect_task_run_inputs_sync(value) for name, value in parameters.items()}
    return Call(
        task=f"{task.fn.__module__}:{task.fn.__qualname__}",
        flow=f"{context.flow.fn.__module__}:{context.flow.fn.__qualname__}",
        run_id=uuid4(),
        parameters=parameters,
        dependencies={name: found | (dependencies or {}).get(name, set()) for name, found in inputs.items()},
        flow_run=_without_secrets(context),
        tags=tags.serialize(),
        settings=shared_settings(),
        variables=EVERYWHERE,
    )


def shared_settings() -> dict[str, Any]:
    """Return the settings of Prefect in which workers follow the run; keys and passwords are their own."""
    settings = {"results.local_storage_path": str(PREFECT_LOCAL_STORAGE_PATH.value())}
    address = server_address()
    return settings if address is None else settings | {"api.url": address}


def server_address() -> str | None:
    """Return the address of the run's Prefect server, also of a temporary one; None where it holds a password."""
    from prefect.server.api.server import SubprocessASGIServer

    address = str(PREFECT_API_URL.value() or SubprocessASGIServer().api_url)
    return None if urlsplit(address).password else address


def _without_secrets(context: FlowRunContext) -> dict[str, Any]:
    """Return a flow's context without the flow, which workers find by name, and without what its work pool was told."""
    assert context.flow_run is not None
    bare = context.model_copy(
        update={"flow": None, "flow_run": context.flow_run.model_copy(update={"job_variables": None})}
    )
    return bare.serialize(include_secrets=False)


def _given_up(error: BaseException | None) -> Any:
    why = f"{type(error).__name__}: {error}" if error is not None else "it was cancelled"
    message = (
        f"The Dask cluster gave a task up ({why}). Look at the log of its workers, such as for memory (--memory-limit), and "
        "run the same command again: it goes on from here."
    )
    return Crashed(message=message, data=TransientSourceError(message))
