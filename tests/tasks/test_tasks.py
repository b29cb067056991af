"""Every task takes its name, retries and cache from the one table; a task that does not is refused by name."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from prefect import Task, task
from prefect.cache_policies import NO_CACHE

import flows
import tasks
from tasks.policies import OURS, POLICIES, CodeAware, policy, reachable_sources

ROOT = Path(__file__).resolve().parents[2]
FREE = frozenset({"task_run_name"})
"""What a task may say beside its line: how its runs are called in the UI."""
SETTINGS = (
    "name", "cache_policy", "cache_expiration", "cache_key_fn", "refresh_cache", "persist_result", "result_serializer",
    "result_storage", "result_storage_key", "retries", "retry_delay_seconds", "retry_jitter_factor",
    "retry_condition_fn", "timeout_seconds", "tags", "on_failure_hooks", "on_completion_hooks", "log_prints",
)  # fmt: skip


def modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for package in (tasks, flows)
        for found in pkgutil.iter_modules(package.__path__)
    ]


def all_tasks() -> list[Task[..., object]]:
    """Return the tasks that are defined in modules of ours."""
    return [
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, Task) and value.fn.__module__ == module.__name__
    ]


def strange(one: Task[..., object]) -> list[str]:
    """Return the settings in which a task differs from one that takes its line and nothing else."""
    if one.name not in POLICIES:
        return ["name"]

    @task(**policy(one.name))
    def reference() -> None: ...

    return [name for name in SETTINGS if getattr(one, name) != getattr(reference, name)]


def past_the_table(source: str) -> Iterator[int]:
    """Yield the lines that make or alter a task otherwise than by ``@task(**policy("name"))``, nested ones too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                made = decorator.func if isinstance(decorator, ast.Call) else decorator
                if ast.unparse(made) in ("task", "prefect.task") and not _takes_its_line(decorator):
                    yield node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("Task", "with_options"):
            yield node.lineno


def _takes_its_line(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or decorator.args:
        return False
    lines = [keyword.value for keyword in decorator.keywords if keyword.arg is None]
    others = {keyword.arg for keyword in decorator.keywords if keyword.arg is not None}
    return len(lines) == 1 and ast.unparse(lines[0]).startswith("policy(") and others <= FREE


def test_every_task_is_its_line_of_the_table_and_nothing_else() -> None:
    found = {f"{one.fn.__module__}.{one.fn.__name__}": strange(one) for one in all_tasks()}
    assert {name: settings for name, settings in found.items() if settings} == {}


def test_every_line_of_the_table_belongs_to_one_task() -> None:
    assert sorted(one.name for one in all_tasks()) == sorted(POLICIES)


def test_no_task_is_made_past_the_table() -> None:
    files = [path for package in ("tasks", "flows") for path in sorted((ROOT / package).glob("**/*.py"))]
    assert len(files) > 10
    assert [f"{path.name}:{line}" for path in files for line in past_the_table(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("one", all_tasks(), ids=lambda one: one.name)
def test_all_code_that_a_cached_step_calls_is_part_of_its_key(one: Task[..., object]) -> None:
    if not isinstance(one.cache_policy, CodeAware):
        return
    behind = {name for module in one.cache_policy.modules for name, _ in reachable_sources(module)}
    source = textwrap.dedent(inspect.getsource(one.fn))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS:
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                if importlib.util.find_spec(node.module) and _is_module(name) and name != "cosmic":
                    assert name in behind, f"an edit of {name} would be answered with yesterday's result of {one.name}"


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "guess"}, ["name"]),
        ({"name": "fit", "retries": 3}, ["cache_policy", "persist_result", "result_serializer", "retries"]),
        (policy("fit") | {"cache_policy": CodeAware(modules=("cosmic.snapshots",))}, ["cache_policy"]),
        (policy("fit") | {"timeout_seconds": 5}, ["timeout_seconds"]),
        (policy("fetch") | {"retry_condition_fn": None}, ["retry_condition_fn"]),
        (policy("report") | {"tags": ["mine"]}, ["tags"]),
    ],
)
def test_a_task_of_its_own_mind_is_seen(settings: dict[str, object], said: list[str]) -> None:
    @task(**settings)  # type: ignore[call-overload]
    def own() -> None: ...

    assert strange(own) == said


@pytest.mark.parametrize(
    "source",
    [
        "@task\ndef f(): ...",
        "@task(retries=3)\ndef f(): ...",
        "@task(**policy('fit'), retries=3)\ndef f(): ...",
        "@task(**makes_files('cosmic.fit'))\ndef f(): ...",
        "def flow():\n    @task\n    def inner(): ...",
        "f = Task(g)",
        "@prefect.task\nasync def f(): ...",
        "training.fit.with_options(retries=3).submit()",
    ],
)
def test_a_task_made_past_the_table_is_seen(source: str) -> None:
    assert list(past_the_table(source)) != []


def test_a_task_that_takes_its_line_is_not() -> None:
    source = "@task(**policy('fit'), task_run_name='fit {model}')\ndef f(task, arm): return task(arm)"
    assert list(past_the_table(source)) == []


def test_steps_that_ask_outside_or_write_the_catalogue_are_never_cached() -> None:
    assert {name for name, line in POLICIES.items() if line["cache_policy"] is NO_CACHE} == {
        "fetch", "census", "compare", "standing", "listed", "probe", "known-release", "release-diff", "ingest", "report", "tell", "tell-of-the-dead", "note-run", "show-status",
        "record", "latest", "fetch-galaxy-zoo", "volunteers", "survey-votes", "simulated-votes", "find-cutouts", "cutouts",
        "cutouts-taken", "search", "no-table", "list-images", "list-catalogue-images", "list-simulated-images",
        "list-held-images", "basis", "remember-basis", "apart", "again",
        "publish", "tidy", "tell-tidied", "look",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", [name for name, line in POLICIES.items() if isinstance(line["cache_policy"], CodeAware)]
)
def test_every_cached_step_names_modules_that_exist(name: str) -> None:
    named = POLICIES[name]["cache_policy"].modules
    assert named
    for module in named:
        assert importlib.util.find_spec(module) is not None, f"{module} is behind no file, so its code would not count"
