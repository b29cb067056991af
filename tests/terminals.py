"""Terminals in which a transcript of the docs is typed: interactive shells on pseudo-terminals. Asserts nothing of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(r"^```console (?P<where>[^\n]+)\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\x1b\][^\x07]*\x07")
_PROMPT = "cosmic-test-prompt>"


@dataclass(frozen=True)
class Block:
    """A block of a transcript: which terminal, its lines, and whether what is typed is typed until it says so."""

    where: str
    lines: tuple[str, ...]
    again: bool


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        where, _, how = found["where"].partition(",")
        yield Block(where.strip(), tuple(found["lines"].splitlines()), "again" in how)


@dataclass
class Terminal:
    """One shell. `seen` is everything that it showed."""

    folder: Path
    variables: dict[str, str]
    seen: str = ""
    _pid: int = field(init=False)
    _file: int = field(init=False)

    def __post_init__(self) -> None:
        self._pid, self._file = pty.fork()
        if self._pid == 0:  # the shell
            os.chdir(self.folder)
            os.execvpe(
                "bash", ["bash", "--norc", "--noprofile", "-i"], {**self.variables, "PS1": _PROMPT, "TERM": "dumb"}
            )
        self.wait(_PROMPT, 0, 30)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._file, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._file, b"\x03")

    def wait(self, text: str, since: int, patience: float) -> bool:
        """Return whether a text is shown after a place of `seen` before patience ends."""
        end = time.monotonic() + patience
        while text not in self.seen[since:]:
            left = end - time.monotonic()
            if left <= 0 or not self._read(min(left, 1.0)):
                return text in self.seen[since:]
        return True

    def done(self, since: int, patience: float) -> bool:
        """Return whether the shell asks for the next line."""
        return self.wait(_PROMPT, since, patience)

    def _read(self, patience: float) -> bool:
        ready, _, _ = select.select([self._file], [], [], patience)
        if not ready:
            return True
        try:
            some = os.read(self._file, 65_536)
        except OSError:  # the shell has ended
            return False
        self.seen = self.seen + _ANSI.sub("", some.decode("utf-8", "replace"))
        return bool(some)

    def close(self) -> None:
        """End the shell and what it started."""
        try:
            foreground = os.tcgetpgrp(self._file)
            if foreground != self._pid:
                os.killpg(foreground, signal.SIGTERM)
                self.done(len(self.seen), 30)
            os.killpg(self._pid, signal.SIGKILL)
        except OSError:
            pass
        os.close(self._file)
        os.waitpid(self._pid, 0)
