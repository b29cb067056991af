"""The edge of a run: servers that do not answer, packages that are not ours, what a killed run leaves."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cosmic.errors import ConfigError
from cosmic.home import demand_usable
from flows.environment import RUN_PID, end_orphaned_servers, open_prefect_home

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COSMIC_", "PREFECT_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean | {"HOME": str(home), "COSMIC_HOME": str(home / "cosmic")} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_profile_that_points_at_a_dead_server_is_named_with_what_to_do(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}/api"
    (tmp_path / ".prefect").mkdir()
    (tmp_path / ".prefect" / "profiles.toml").write_text(
        f'active = "observatory"\n[profiles.observatory]\nPREFECT_API_URL = "{address}"\n'
    )
    answer = run("-m", "flows.full_pipeline", home=tmp_path)
    assert answer.returncode == 1
    assert "the Prefect profile 'observatory'" in answer.stderr
    assert address in answer.stderr
    assert "--local" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "cosmic" / "simulated").exists()


def test_an_address_in_the_environment_that_does_not_answer_is_named(tmp_path: Path) -> None:
    answer = run("-m", "flows.full_pipeline", home=tmp_path, PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")
    assert answer.returncode == 1
    assert "PREFECT_API_URL points at the Prefect server" in answer.stderr


def test_a_foreign_package_named_cosmic_is_refused_by_name(tmp_path: Path) -> None:
    foreign = tmp_path / "site" / "cosmic"
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("__version__ = '3.4.0'  # compact object synthesis")
    for package in ("flows", "tasks", "expectations"):
        (tmp_path / "site" / package).symlink_to(ROOT / package)
    answer = run("-P", "-c", "import flows.command", home=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert answer.returncode != 0
    assert f"the package `cosmic` at {foreign} is not ours" in answer.stderr


def test_a_folder_that_is_only_called_cosmic_is_named_for_what_it_is(tmp_path: Path) -> None:
    clone = tmp_path / "cosmic"
    clone.mkdir()
    (tmp_path / "elsewhere").mkdir()
    for package in ("flows", "tasks", "expectations"):
        (tmp_path / "elsewhere" / package).symlink_to(ROOT / package)
    path = os.pathsep.join([str(tmp_path), str(tmp_path / "elsewhere")])
    # -S: no installed package that would outrank the folder, as where another kind of install finds it too late
    answer = run("-P", "-S", "-c", "import flows.command", home=tmp_path, PYTHONPATH=path)
    assert answer.returncode != 0
    assert f"the folder {clone} hides the package `cosmic` (cosmic-retrain)" in answer.stderr
    assert "Start from another folder" in answer.stderr


def test_an_editable_install_is_a_line_of_path_that_such_a_folder_cannot_hide(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="pip brings setuptools to the build itself")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for package in ("cosmic", "flows", "tasks", "expectations"):
        (tmp_path / package).mkdir()
        shutil.copy(ROOT / package / "__init__.py", tmp_path / package)
    build = "from setuptools.build_meta import build_editable; build_editable('wheel')"
    answer = subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    with zipfile.ZipFile(next((tmp_path / "wheel").glob("*.whl"))) as wheel:
        lines = [wheel.read(name).decode().strip() for name in wheel.namelist() if name.endswith(".pth")]
    assert [Path(line) for line in lines] == [tmp_path.resolve()]


@pytest.mark.parametrize("place", ["home", "home/below"])
def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path, place: str) -> None:
    (tmp_path / "home").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot be used: .*home is a file\. Name a folder .*--home DIR"):
        demand_usable(tmp_path / place)


def test_a_home_that_is_not_there_yet_is_usable_and_is_not_made_by_asking(tmp_path: Path) -> None:
    demand_usable(tmp_path / "new" / "home")
    demand_usable(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_home_that_cannot_be_made_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("/dev/null/home") if os.name == "posix" else Path("NUL/home")
    monkeypatch.setenv("PREFECT_HOME", str(home / "prefect"))
    with pytest.raises(ConfigError, match=r"home .* cannot be used"):
        open_prefect_home(home, dry=False)


def test_help_comes_without_prefect_or_great_expectations(tmp_path: Path) -> None:
    code = "import sys, flows.cli, flows.command; print([m for m in HEAVY if m in sys.modules])"
    heavy = ["prefect", "great_expectations", "sklearn", "astropy", "matplotlib", "pandas", "pyarrow"]
    answer = run("-c", f"HEAVY = {heavy!r}; {code}", home=tmp_path)
    assert answer.stdout.strip() == "[]", answer.stderr


@contextmanager
def stand_in(home: Path, *, started_for: int) -> Iterator[psutil.Process]:
    """A process that looks like a temporary Prefect server of a home, and sleeps."""
    server = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)", "prefect.server.api.server:create_app"],
        env={"PREFECT_HOME": str(home / "prefect"), RUN_PID: str(started_for)},
    )
    try:
        yield psutil.Process(server.pid)
    finally:
        server.kill()
        server.wait()


def test_a_server_whose_run_is_gone_is_ended_and_no_other(tmp_path: Path) -> None:
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    with (
        stand_in(tmp_path / "here", started_for=over.pid) as orphan,
        stand_in(tmp_path / "here", started_for=os.getpid()) as in_use,
        stand_in(tmp_path / "elsewhere", started_for=over.pid) as of_another_home,
    ):
        assert end_orphaned_servers(tmp_path / "here") == 1
        orphan.wait(30)
        assert in_use.is_running()
        assert of_another_home.is_running()
