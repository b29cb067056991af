"""What one check found, and checks that run side by side, each within a time limit. Knows no check by name."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from cosmic.errors import CosmicError


class Health(StrEnum):
    """How a check ended, the best first. A note is no fault; a warning may become one; a failure stops runs."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"

    @property
    def rank(self) -> int:
        """Return its place among all, from 0."""
        return list(Health).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which check, how it ended, what was found, and what to do where something is wrong. No secret."""

    check: str
    health: Health
    found: str
    todo: str = ""


Check = Callable[[], Iterable[Finding]]


def examine(
    checks: Mapping[str, Check], *, limit_s: float, optional: Collection[str] = ()
) -> Iterator[tuple[Finding, ...]]:
    """Yield what each check found, in the order in which they were named. All run at once.

    A check that raises has failed; one that does not answer in time is said to hang, and the others do not wait for it.

    Parameters
    ----------
    limit_s : float
        Seconds that a check may take.
    optional : collection of str
        Checks of what runs can do without: their silence is a warning.
    """
    answers: dict[str, queue.SimpleQueue[tuple[Finding, ...]]] = {}
    for name, check in checks.items():
        answers[name] = queue.SimpleQueue()
        # a daemon: a check that hangs must not keep the process; in the caller's context, where settings may lie
        work = partial(copy_context().run, _answer, name, check, answers[name])
        threading.Thread(target=work, daemon=True, name=f"doctor {name}").start()
    until = time.monotonic() + limit_s
    for name, answer in answers.items():
        try:
            yield answer.get(timeout=max(0.001, until - time.monotonic()))
        except queue.Empty:
            yield (
                Finding(
                    name, Health.WARNING if name in optional else Health.FAILURE, f"no answer in {limit_s:g} s",
                    "Something that it asks hangs: a server, a network, a disk. Give it longer with --timeout, or look there.",
                ),
            )  # fmt: skip


def _answer(name: str, check: Check, answer: queue.SimpleQueue[tuple[Finding, ...]]) -> None:
    try:
        found = tuple(check())
    except CosmicError as error:
        found = (Finding(name, Health.FAILURE, str(error)),)
    except Exception as error:  # noqa: BLE001 # of whichever library; a doctor does not fall ill of it
        # what it says may hold an address with a password
        found = (
            Finding(name, Health.FAILURE, f"{type(error).__name__} while looking", "This is a mistake in Cosmic."),
        )
    answer.put(found)
