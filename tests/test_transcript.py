"""What docs/operate.md shows a newcomer is typed as it stands, from a fresh clone to an alert that came and went."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.deployments.serving import free_port
from tests.flows.drill import environment
from tests.terminals import Block, Terminal, blocks

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "operate.md"
PATIENCE = 300.0
"""Seconds for each line: an installation, or the next minute of a schedule on a loaded machine."""

pytestmark = pytest.mark.slow


@pytest.fixture
def address() -> str:
    found = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    if found.returncode or Path(found.stdout.strip()) != ROOT:
        pytest.skip("this checkout has no history to clone")
    return str(ROOT)


def test_a_newcomer_sees_an_alert_come_and_go(address: str, tmp_path: Path) -> None:
    assert shutil.which("bash")
    ports = {old: str(free_port()) for old in ("8099", "8025", "4200")}
    shown = "PATH", "HOME", "LANG"
    variables = {
        name: value
        for name, value in environment(tmp_path).items()
        if name in shown or name.startswith(("PIP_", "UV_"))
    }
    variables |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "HTTP"))}
    variables |= {"HOME": str(tmp_path), "COSMIC_SERVE_PORT": ports["4200"], "COSMIC_REPORT_PORT": str(free_port())}
    terminals: dict[str, Terminal] = {}
    marks: dict[str, int] = {}
    try:
        for block in blocks(PAGE):
            if block.where not in terminals:
                terminals[block.where] = Terminal(tmp_path, variables)
                marks[block.where] = len(terminals[block.where].seen)
            play(block, terminals[block.where], marks, {"ADDRESS": address, **ports})
    finally:
        for one in terminals.values():
            one.close()
    assert {"sky", "mailbox", "serve", "you"} <= terminals.keys()


def play(block: Block, terminal: Terminal, marks: dict[str, int], names: dict[str, str]) -> None:
    """Type what a block types and wait for what it shows, each from where the one before ended."""

    def named(line: str) -> str:
        for old, new in names.items():
            line = line.replace(old, new)
        return line

    end = time.monotonic() + PATIENCE
    while True:
        start = len(terminal.seen) if any(line.startswith(("$ ", "^C")) for line in block.lines) else marks[block.where]
        if all(step(named(line), terminal, start, patience=5 if block.again else PATIENCE) for line in block.lines):
            marks[block.where] = len(terminal.seen)
            return
        assert block.again, f"{block.where} does not show {block.lines}:\n{terminal.seen[-4000:]}"
        assert time.monotonic() < end, f"{block.where} never shows {block.lines}:\n{terminal.seen[-4000:]}"
        time.sleep(3)


def step(line: str, terminal: Terminal, start: int, *, patience: float) -> bool:
    """Type one line, or wait for one."""
    if line == "^C":
        terminal.interrupt()
        return True
    if not line.startswith("$ "):
        return terminal.wait(line, start, patience)
    before = len(terminal.seen)
    terminal.type(line.removeprefix("$ "))
    stays = any(word in line for word in ("make rehearse", "make serve", "aiosmtpd"))
    return stays or terminal.done(before, PATIENCE)
