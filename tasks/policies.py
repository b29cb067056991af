"""Every retry, cache and timeout setting of every task, in one table. Nothing here does work.

A step that makes files is answered from the cache when its inputs, its settings and the code behind it are the
same and every file that the remembered record names is still there, unchanged. A step that writes the catalogue
is never answered from the cache.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import importlib.resources
import importlib.util
import inspect
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.filesystems import LocalFileSystem
from prefect.results import ResultStore, get_result_store
from prefect.serializers import JSONSerializer
from prefect.tasks import exponential_backoff
from prefect.utilities.callables import get_call_parameters
from prefect.utilities.hashing import hash_objects

from cosmic.array_files import PARSING
from cosmic.artefacts import files_of, intact
from cosmic.errors import TransientSourceError
from cosmic.machine import Settings

Record = TypeVar("Record")

OURS = ("cosmic", "expectations")


@dataclass
class CodeAware(CachePolicy):
    """Key of a task: its inputs, its own lines and the source of every module of ours that it can reach.

    Prefect's TASK_SOURCE sees only the wrapper's own lines, so an edit in `cosmic` would be answered with
    yesterday's result. The minor version of Python counts too: libraries have other builds for each.
    """

    modules: tuple[str, ...] = ()

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **_: Any
    ) -> str | None:
        """Return the key of the newest remembered result that is whole, or of the next one to be made."""
        del flow_parameters
        return self.key(task_ctx.task, inputs, store=get_result_store())

    def key(self, task: Task[..., Any], inputs: dict[str, Any], *, store: ResultStore) -> str | None:
        """Return the key of a call of `task`; results are looked up in `store`."""
        name = task.task_key.rsplit("-", 1)[0]
        code = [_own_lines(task.fn), _python(), *(fingerprint(module) for module in self.modules)]
        for generation in count():
            key = hash_objects(name, code, inputs, generation, raise_on_failure=True)
            if key is None or not store.exists(key) or _whole(store, key):
                return key
        return None


def remembered(task: Task[..., Record], *args: object, results: Path, **kwargs: object) -> Record | None:
    """Return what is remembered of a call of `task`, without running it and without any server; None if nothing is.

    Parameters
    ----------
    results : Path
        Where Prefect keeps results: `Home.results`.
    """
    policy = task.cache_policy
    if not isinstance(policy, CodeAware) or not results.is_dir():
        return None
    store = ResultStore(result_storage=LocalFileSystem(basepath=str(results)), serializer=JSONSerializer())
    inputs = get_call_parameters(task.fn, args, kwargs)
    key = policy.key(task, inputs, store=store)
    return store.read(key).result if key is not None and store.exists(key) else None


def _whole(store: ResultStore, key: str) -> bool:
    """Whether a remembered result can be read and every file that it names is unchanged."""
    try:
        record = store.read(key).result
    except Exception:  # noqa: BLE001 - a result cut off by a kill, or of a class since renamed, is no result
        return False
    return all(intact(path) for path in files_of(record))


@functools.cache
def _own_lines(function: Callable[..., Any]) -> str:
    """The source of a wrapper, read once: a file that is edited during a run has other lines at the old places."""
    return inspect.getsource(function)


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def fingerprint(module: str) -> str:
    """Return the sha256 of a module, all it can import of ours, our data, and the versions of what it imports."""
    with PARSING:
        return _fingerprint(module)


@functools.cache
def _fingerprint(module: str) -> str:
    lines = [f"{name} {digest}" for name, digest in sorted(reachable_sources(module))]
    return hashlib.sha256("\n".join([*lines, _data()]).encode()).hexdigest()


def reachable_sources(module: str, *, ours: tuple[str, ...] = OURS) -> Iterator[tuple[str, str]]:
    """Yield (module, sha256 of its source) for `module` and all it imports of ours, late imports too.

    A package of others comes as (distribution, version), so that an upgrade is a change.
    """
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        root = name.partition(".")[0]
        if root not in ours:
            name = root
        if name in seen:
            continue
        seen.add(name)
        if root not in ours:
            yield from ((found, importlib.metadata.version(found)) for found in _distributions().get(root, ()))
            continue
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:  # `from package import name`, where name is no module
            continue
        if spec is None or spec.origin is None:
            continue
        source = Path(spec.origin).read_bytes()
        yield name, hashlib.sha256(source).hexdigest()
        todo += [name.rpartition(".")[0]] if "." in name else []  # importing a module runs its package first
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return {root: sorted(set(names)) for root, names in importlib.metadata.packages_distributions().items()}


@functools.cache
def _data() -> str:
    """The digest of the tables that come with the package."""
    sha = hashlib.sha256()
    for file in sorted(importlib.resources.files("cosmic").joinpath("data").iterdir(), key=lambda item: item.name):
        if file.is_file():
            sha.update(file.name.encode() + file.read_bytes())
    return sha.hexdigest()


def _is_transient(task: object, run: object, state: State[Any]) -> bool:
    """Whether a failed run is worth another try: only errors that say so themselves."""
    del task, run
    try:
        state.result()
    except TransientSourceError:
        return True
    except Exception:  # noqa: BLE001 - any other error is final
        return False
    return False


def makes_files(*modules: str) -> dict[str, Any]:
    """Policy of a step that turns records into files: cached by content and code, never retried."""
    return {
        "cache_policy": CodeAware(modules=modules),
        "persist_result": True,
        "result_serializer": "json",
        "retries": 0,
    }


def asks_outside() -> dict[str, Any]:
    """Policy of a step that a network or a disk can fail for a while: retried with growing, jittered pauses."""
    return {
        "cache_policy": NO_CACHE,
        "persist_result": False,
        "retries": 4,
        "retry_delay_seconds": exponential_backoff(backoff_factor=0.5),
        "retry_jitter_factor": 0.5,
        "retry_condition_fn": _is_transient,
    }


def asks_survey(*modules: str) -> dict[str, Any]:
    """Policy of a step that asks SkyServer: retried as often and as long as the settings say; its answer is remembered
    where `modules` are given, so that an interrupted pull does not ask again for what it has."""
    settings = Settings()
    remembering = makes_files(*modules) if modules else asks_outside()
    longest = 600.0
    delays = [min(longest, settings.retry_seconds * 2**n) for n in range(settings.retries)]
    return remembering | {
        "retries": settings.retries,
        "retry_delay_seconds": delays or 0,
        "retry_jitter_factor": 0.5,
        "retry_condition_fn": _is_transient_for(settings.retry_minutes),
    }


def _is_transient_for(minutes: float) -> Callable[[Any, Any, State[Any]], bool]:
    def worth_it(task: object, run: TaskRun, state: State[Any]) -> bool:
        begun = run.start_time or datetime.now(UTC)
        return datetime.now(UTC) - begun < timedelta(minutes=minutes) and _is_transient(task, run, state)

    return worth_it


def always_runs() -> dict[str, Any]:
    """Policy of a cheap step that reads or writes what changes: neither cached nor retried."""
    return {"cache_policy": NO_CACHE, "persist_result": False, "retries": 0}


POLICIES: Final[dict[str, dict[str, Any]]] = {
    "fetch": asks_outside(),
    "census": asks_survey(),
    "compare": always_runs(),
    "pull": asks_survey("cosmic.skyserver.pull", "cosmic.skyserver.client"),
    "find-cutouts": always_runs(),
    "cutouts": asks_survey(),
    "cutouts-taken": always_runs(),
    "standing": always_runs(),
    "listed": always_runs(),
    "apart": always_runs(),
    "again": always_runs(),
    "basis": always_runs(),
    "remember-basis": always_runs(),
    "probe": asks_survey(),
    "known-release": asks_survey(),
    "release-diff": always_runs(),
    "judge": makes_files("cosmic.intake", "cosmic.sources.files", "cosmic.sources.simulated", "expectations.objects"),
    "ingest": asks_outside(),
    "fetch-galaxy-zoo": asks_outside(),
    "volunteers": asks_outside(),
    "survey-votes": asks_outside(),
    "simulated-votes": asks_outside(),
    "no-table": always_runs(),
    "freeze": makes_files("cosmic.snapshots", "cosmic.catalogue"),
    "prepare": makes_files("cosmic.datasets"),
    "fit": makes_files("cosmic.models.fit"),
    "search": asks_outside(),
    "score": makes_files("cosmic.evaluation.dossier"),
    "keep": makes_files("cosmic.evaluation.dossier"),
    "compose": makes_files("cosmic.evaluation.dossier"),
    "pair": makes_files("cosmic.evaluation.dossier"),
    "hold-out": makes_files("cosmic.evaluation.dossier"),
    "study-rows": makes_files("cosmic.study.matrices"),
    "study-matrix": makes_files("cosmic.study.grid"),
    "study-unit": makes_files("cosmic.study.grid"),
    "study-test": makes_files("cosmic.study.finals"),
    "explore": makes_files("cosmic.study.explored"),
    "list-images": always_runs(),
    "list-catalogue-images": always_runs(),
    "list-simulated-images": always_runs(),
    "list-held-images": always_runs(),
    "decode-images": makes_files("cosmic.images.pixels"),
    "label-images": makes_files("cosmic.images.labelling"),
    "network": makes_files("cosmic.images.networks.stored", "cosmic.images.labelling"),
    "shapes": makes_files("cosmic.images.morphology", "cosmic.images.pixels"),
    "morphology": makes_files("cosmic.images.shape_trees", "cosmic.images.labelling"),
    "average": makes_files("cosmic.images.averaging", "cosmic.images.labelling"),
    "score-images": makes_files("cosmic.images.scoring", "cosmic.images.labelling"),
    "tell-images": makes_files("cosmic.images.telling", "cosmic.images.explaining"),
    "without-shared": makes_files("cosmic.images.comparing"),
    "transfer": makes_files("cosmic.images.comparing"),
    "fuse": makes_files("cosmic.images.joining"),
    "hold-out-images": makes_files("cosmic.images.serving"),
    "not-run-images": makes_files("cosmic.images.telling"),
    "report": always_runs(),
    "record": asks_outside(),
    "latest": always_runs(),
    "publish": asks_outside(),
    "tidy": always_runs(),
    "tell-tidied": always_runs(),
    "tell": always_runs(),
    "look": always_runs(),
    "note-run": always_runs(),
    "show-status": always_runs(),
    "tell-of-the-dead": always_runs(),
}
"""Every task by its name."""


def policy(name: str) -> dict[str, Any]:
    """Return the settings of the task `name`, for ``@task(**policy("fit"))``."""
    return {"name": name, **POLICIES[name]}
