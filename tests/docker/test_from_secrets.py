"""docker/from-secrets: the URL of Prefect's database comes from a file, and mistakes are named without it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docker" / "from-secrets"
NAME = "PREFECT_API_DATABASE_CONNECTION_URL"
SECRET = "postgresql+asyncpg://prefect:pa-ss@postgres/prefect"


def start(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *command], env={"PATH": "/usr/bin:/bin"} | variables, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_the_command_gets_the_url_and_its_arguments_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{SECRET}\n")
    answer = start(
        "sh", "-c", 'echo "$1|$PREFECT_API_DATABASE_CONNECTION_URL"', "-", "a  b", **{f"{NAME}_FILE": f"{tmp_path}/url"}
    )
    assert answer.stdout == f"a  b|{SECRET}\n"
    assert start("sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_that_holds_nothing_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "url").write_text(content)
    answer = start("true", **{f"{NAME}_FILE": f"{tmp_path}/url"})
    assert answer.returncode == 1
    assert f"{NAME}_FILE names {tmp_path}/url, which cannot be read or is empty." in answer.stderr


def test_a_url_that_is_given_twice_is_refused_and_not_told(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(SECRET)
    answer = start("true", **{f"{NAME}_FILE": f"{tmp_path}/url", NAME: SECRET})
    assert answer.returncode == 1
    assert "are both set" in answer.stderr
    assert "pa-ss" not in answer.stderr
