"""Runs tasks and counts which were answered from the cache. Knows no task by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from prefect import Task
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, as_completed

from flows.terminal import progress

Record = TypeVar("Record")
Item = TypeVar("Item")


class Steps:
    """The steps of one run.

    Attributes
    ----------
    run, cached : int
        Steps that did their work, and steps that were answered from the cache.
    at : str
        The step that came last: the name of its task, or the label of many.
    """

    def __init__(self) -> None:
        self.run = 0
        self.cached = 0
        self.at = ""

    def one(self, task: Task[..., Record], *args: Any, **kwargs: Any) -> Record:
        """Run one task and return its record."""
        self.at = str(task.name)
        state: State[Record] = task(*args, **kwargs, return_state=True)
        return self._record(state)

    def many(
        self,
        label: str,
        items: Sequence[Item],
        submit: Callable[[Item], PrefectFuture[Record]],
        *,
        pace: Callable[[Item], str] | None = None,
    ) -> tuple[Record, ...]:
        """Run a task for each item, as many at once as the runner takes; return the records in the order of the items.

        The first failure is raised at once: what waits is not started, what runs is finished and remembered.

        Parameters
        ----------
        pace : callable, optional
            Is told each item that is done; returns what the line about progress says beside the count.
        """
        self.at = label
        futures = [submit(item) for item in items]
        of = {future.task_run_id: item for future, item in zip(futures, items, strict=True)}
        beside = None if pace is None else lambda future: pace(of[future.task_run_id])
        for future in progress(as_completed(futures), total=len(futures), label=label, beside=beside):
            future.wait()  # takes the final state over; the server learns of it later and would still say PENDING
            if future.state.is_failed() or future.state.is_crashed():
                future.state.result()  # raises
        return tuple(self._record(future.state) for future in futures)

    def first(self, running: dict[PrefectFuture[Record], Item]) -> tuple[Item, Record]:
        """Wait for the first of some tasks to end, take it out, and return its item and its record."""
        future = next(iter(as_completed(list(running))))
        future.wait()
        return running.pop(future), self._record(future.state)

    def _record(self, state: State[Record]) -> Record:
        record = state.result()
        cached = state.name == "Cached"
        self.cached += cached
        self.run += not cached
        return record
