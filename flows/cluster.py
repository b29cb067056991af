"""Carries the tasks of a flow out on a Dask cluster where the run asks for it, and first asks every worker whether it can.

Importable without Prefect and without the extra dask. The scheduler of the cluster is the person's own: none is started here.
"""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosmic.cluster_options import place_of
from cosmic.errors import ConfigError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.settings import PipelineOptions
from flows.on_worker import Probe, Seen, installed, look

if TYPE_CHECKING:
    from distributed import Client
    from prefect.context import FlowRunContext

log = logging.getLogger(__name__)

_PATIENCE: Final = 5.0
"""Seconds that a scheduler has to take a connection."""
_NAMED: Final = 5
"""Workers whose faults are told."""
_START: Final = "Start some that share the home: dask worker {address} --nworkers 2 --nthreads 1"

_away_from: ContextVar[FlowRunContext | None] = ContextVar("away_from", default=None)
"""The flow as it is outside of the cluster, while its tasks are carried out there."""


def demand_cluster(options: PipelineOptions) -> None:
    """Raise unless the cluster that a run asks for may be there. Quick: imports and starts nothing.

    Raises
    ------
    ConfigError
        If the extra is not installed or nobody listens at the address.
    """
    if options.runner == "local":
        return
    if find_spec("prefect_dask") is None or find_spec("distributed") is None:
        raise ConfigError(
            "--runner dask needs the extra dask, which is not installed. Install it: "
            "python -m pip install -c constraints.txt -e '.[dask]', here and on every worker."
        )
    address = options.dask_address or ""
    try:
        socket.create_connection(place_of(address), _PATIENCE).close()
    except OSError as exc:
        raise _unreachable(address, exc) from exc


@contextmanager
def spread(options: PipelineOptions, *, home: Home, settings: Settings) -> Iterator[int]:
    """Carry out within this context, inside of a flow, what it submits where the run asks for; give how many at a time.

    Raises
    ------
    ConfigError
        If the cluster cannot be used; names the scheduler, or each worker and why it cannot.
    """
    if options.runner == "local":
        yield settings.workers
        return
    demand_cluster(options)
    from prefect.context import FlowRunContext

    from flows.dask_runner import ClusterRunner

    address = options.dask_address or ""
    context = FlowRunContext.get()
    assert context is not None, "tasks are spread inside of a flow"
    with ClusterRunner(address) as runner:
        try:
            client = runner.client
        except OSError as exc:  # something else listens there, or its TLS is another
            raise _unreachable(address, exc) from exc
        threads = _demand_workers(client, address, options=options, home=home, settings=settings)
        token = _away_from.set(context)
        try:
            with context.model_copy(update={"task_runner": runner}):
                yield threads
        finally:
            _away_from.reset(token)


@contextmanager
def here() -> Iterator[None]:
    """Carry out within this context, in threads of this process, what a flow submits: what asks others for data, not for time."""
    context = _away_from.get()
    if context is None:
        yield
        return
    with context.model_copy():
        yield


def is_spread() -> bool:
    """Return whether submitted tasks are carried out on a cluster."""
    return _away_from.get() is not None


def _demand_workers(client: Client, address: str, *, options: PipelineOptions, home: Home, settings: Settings) -> int:
    """Return how many tasks the cluster carries out at a time, once each worker has said that it can."""
    threads: Mapping[str, int] = client.nthreads()
    if not threads:
        raise ConfigError(f"The Dask scheduler {address} has no workers. {_START.format(address=address)}")
    with _probe_file(home.root.absolute()) as (file, text):
        answers: Mapping[str, Any] = client.run(look, _probe(file, text, options, settings), on_error="return")
    found = {worker: _seen(answer) for worker, answer in answers.items()}
    faulty = [f"worker {worker} ({one.host}) {fault}" for worker, one in found.items() for fault in one.faults]
    if faulty:
        more = [f"and {len(faulty) - _NAMED} more"] if len(faulty) > _NAMED else []
        raise ConfigError("\n".join([f"The Dask cluster {address} cannot be used:", *faulty[:_NAMED], *more]))
    hosts = {one.host for one in found.values()}
    if options.searches and settings.database_url is None and hosts != {socket.gethostname()}:
        raise ConfigError(
            "--search stores its trials from every worker, and SQLite cannot be shared between machines. Name a Postgres in "
            "COSMIC_DATABASE_URL, here and on every worker (docs/scaling.md)."
        )
    total = sum(threads.values())
    log.info("Dask %s: %d workers on %d machine(s), %d tasks at a time", address, len(threads), len(hosts), total)
    return total


def _probe(file: Path, text: str, options: PipelineOptions, settings: Settings) -> Probe:
    from flows.dask_runner import server_address
    from flows.environment import EVERYWHERE

    database = options.searches and settings.database_url is not None
    return Probe(file, text, installed(), server_address(), database, EVERYWHERE)


@contextmanager
def _probe_file(root: Path) -> Iterator[tuple[Path, str]]:
    """A file in the home that only those see who share it."""
    file, text = root / f".seen-{secrets.token_hex(4)}", secrets.token_hex(16)
    root.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    try:
        yield file, text
    finally:
        file.unlink(missing_ok=True)


def _seen(answer: object) -> Seen:
    if isinstance(answer, Seen):
        return answer
    why = f"{type(answer).__name__}: {answer}"
    return Seen(
        "unknown machine",
        (f"could not be asked ({why[:300]}): it needs the same Cosmic as here, installed where it is started",),
    )


def _unreachable(address: str, why: OSError) -> ConfigError:
    return ConfigError(
        f"No Dask scheduler answers at {address} ({why or type(why).__name__}). Start one (dask scheduler --port "
        f"{place_of(address)[1]}), correct --dask-address (COSMIC_DASK_ADDRESS), or leave out --runner dask."
    )
