"""When a step runs again: code, inputs, files and errors decide, each in a real Prefect run."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect import Task, flow, task
from prefect.client.schemas.objects import State
from prefect.filesystems import LocalFileSystem
from prefect.results import ResultStore
from prefect.serializers import JSONSerializer
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH
from prefect.states import StateType

from cosmic.artefacts import write
from cosmic.errors import PermanentSourceError, TransientSourceError
from tasks.policies import CodeAware, asks_outside, makes_files, reachable_sources, remembered


@dataclass(frozen=True)
class Made:
    """A record that names a file."""

    path: Path
    rows: int


CALLS: list[int] = []


@task(name="make a file", **makes_files("cosmic.artefacts"))
def make(folder: Path, rows: int) -> Made:
    CALLS.append(rows)
    return Made(write(folder / f"{rows}.txt", lambda part: part.write_text("x" * rows)), rows)


@pytest.fixture
def calls() -> list[int]:
    CALLS.clear()
    return CALLS


def run_states(folder: Path, rows: int) -> State[Made]:
    @flow
    def one() -> State[Made]:
        return make(folder, rows, return_state=True)  # type: ignore[no-any-return, call-overload]

    return one()


@pytest.mark.usefixtures("prefect_server")
class TestStepsThatMakeFiles:
    def test_the_second_run_is_answered_from_the_cache(self, tmp_path: Path, calls: list[int]) -> None:
        first, second = (run_states(tmp_path, 3) for _ in range(2))
        assert (first.name, second.name) == ("Completed", "Cached")
        assert calls == [3]
        assert second.result() == Made(tmp_path / "3.txt", 3)

    def test_another_input_runs(self, tmp_path: Path, calls: list[int]) -> None:
        run_states(tmp_path, 3)
        run_states(tmp_path, 4)
        assert calls == [3, 4]

    @pytest.mark.parametrize("harm", ["missing", "changed"])
    def test_a_remembered_file_that_is_gone_or_changed_runs_again_and_is_remembered_anew(
        self, tmp_path: Path, calls: list[int], harm: str
    ) -> None:
        path = run_states(tmp_path, 5).result().path
        path.unlink() if harm == "missing" else path.write_text("other")
        assert run_states(tmp_path, 5).name == "Completed"
        assert path.read_text() == "xxxxx"
        assert run_states(tmp_path, 5).name == "Cached"
        assert calls == [5, 5]

    def test_what_is_remembered_can_be_asked_for_without_running(self, tmp_path: Path, calls: list[int]) -> None:
        results = PREFECT_LOCAL_STORAGE_PATH.value()
        assert remembered(make, tmp_path, 6, results=results) is None
        made = run_states(tmp_path, 6).result()
        assert remembered(make, tmp_path, 6, results=results) == made
        assert remembered(make, tmp_path, rows=6, results=results) == made
        assert remembered(make, tmp_path, 7, results=results) is None
        made.path.unlink()
        assert remembered(make, tmp_path, 6, results=results) is None
        assert calls == [6]


WRAPPER = """
from prefect import task
from tasks.policies import makes_files

@task(name="wrapped", **makes_files("cosmic.artefacts"))
def wrapped(rows):
    return rows
"""


class TestTheKey:
    """Asked without a server: what a call would be remembered under."""

    @staticmethod
    def key_of(one: Task[..., object], folder: Path) -> str | None:
        store = ResultStore(result_storage=LocalFileSystem(basepath=str(folder)), serializer=JSONSerializer())
        assert isinstance(one.cache_policy, CodeAware)
        return one.cache_policy.key(one, {"rows": 3}, store=store)

    def key_of_wrapper(self, folder: Path, name: str, source: str) -> str | None:
        path = folder / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return self.key_of(module.wrapped, folder)

    def test_an_edit_of_the_wrapper_itself_is_seen(self, tmp_path: Path) -> None:
        # two files, since Python remembers the lines of one; keys hold the name of the task, not that of its file
        before = self.key_of_wrapper(tmp_path, "before", WRAPPER)
        same = self.key_of_wrapper(tmp_path, "same", WRAPPER)
        after = self.key_of_wrapper(tmp_path, "after", WRAPPER.replace("return rows", "return rows + 1"))
        assert before == same != after

    def test_another_minor_version_of_python_is_seen(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = self.key_of(make, tmp_path)
        monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "99", "0"))
        assert self.key_of(make, tmp_path) != before


@pytest.mark.usefixtures("prefect_server")
class TestStepsThatAskOutside:
    @pytest.mark.parametrize(("error", "tries"), [(TransientSourceError, 3), (PermanentSourceError, 1)])
    def test_only_transient_errors_are_tried_again(self, error: type[Exception], tries: int) -> None:
        calls: list[int] = []
        policy = asks_outside() | {"retries": 2, "retry_delay_seconds": [0, 0]}

        @task(**policy)
        def ask() -> None:
            calls.append(1)
            raise error("no answer")

        @flow
        def one() -> State[None]:
            return ask(return_state=True)  # type: ignore[no-any-return, call-overload]

        state = one(return_state=True)
        assert state.type is StateType.FAILED
        assert len(calls) == tries


class TestFingerprint:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "skyish"
        folder.mkdir()
        sources = {
            "__init__": "",
            "top": "from skyish.middle import f",
            "middle": "def f():\n    from skyish import bottom",
            "bottom": "import numpy",
            "apart": "",
        }
        for name, text in sources.items():
            (folder / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in [name for name in sys.modules if name.startswith("skyish")]:
            monkeypatch.delitem(sys.modules, name)
        return folder

    def test_an_edit_two_imports_away_is_seen(self, package: Path) -> None:
        before = dict(reachable_sources("skyish.top", ours=("skyish",)))
        (package / "bottom.py").write_text("import numpy\nX = 1")
        after = dict(reachable_sources("skyish.top", ours=("skyish",)))
        assert {name for name in before if before[name] != after[name]} == {"skyish.bottom"}

    def test_an_edit_elsewhere_is_not(self, package: Path) -> None:
        before = dict(reachable_sources("skyish.top", ours=("skyish",)))
        (package / "apart.py").write_text("X = 1")
        assert dict(reachable_sources("skyish.top", ours=("skyish",))) == before

    def test_versions_of_other_packages_belong_to_it(self, package: Path) -> None:
        import numpy

        assert dict(reachable_sources("skyish.top", ours=("skyish",)))["numpy"] == numpy.__version__
