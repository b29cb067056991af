"""Optuna's part: which settings to try next, when to stop a trial early, and the journal of what was tried.

Imports Optuna, alone and late. A trial is stored once it has ended, as one entry, so a killed one leaves nothing behind and
is tried again; only settings, figures and states are stored, never a model and never a pickle. What is tried next follows
from the stored trials and the seed alone: a search that was stopped goes on as one that was not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import TrialState

from cosmic.facts.results import Setting
from cosmic.records import Model, Rebalancing
from cosmic.search.rungs import BEFORE_PRUNING
from cosmic.search.spaces import REBALANCINGS, SPACES, Numbers, OneOf

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

SAMPLER: Final = "tree-structured Parzen estimator"
PRUNER: Final = "median of completed trials at the same rung"
_DIGITS: Final = 4
"""Of a number that is tried, significant: what the facts show is what was fitted."""

optuna.logging.set_verbosity(optuna.logging.WARNING)  # a line a trial otherwise


class Journal(Protocol):
    """Where entries are kept in order: `cosmic.catalogue.Catalogue`."""

    def append_search(self, study: str, entries: Sequence[dict[str, Any]]) -> None:
        """Store entries at the end, all or none."""

    def read_search(self, study: str, *, start: int = 0) -> list[dict[str, Any]]:
        """Return the entries from a number on."""


class Backend(BaseJournalBackend):
    """Optuna's journal of one study in ours."""

    def __init__(self, journal: Journal, study: str) -> None:
        self._journal, self._study = journal, study

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Return the entries from a number on."""
        return self._journal.read_search(self._study, start=log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Store entries at the end."""
        self._journal.append_search(self._study, logs)


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial that has ended: complete, pruned, or stopped by the clock (`unfinished`); figures by rung."""

    number: int
    model: Model
    rebalancing: Rebalancing
    settings: dict[str, Setting]
    state: str
    figures: tuple[float, ...]
    value: float | None


class Trials:
    """The trials of one study.

    Parameters
    ----------
    journal : Journal
        Keeps them.
    study : str
        Name of the study; another one has other trials.
    seed : int
        Of what is tried.
    models : sequence of Model
        The families that are tried.
    """

    def __init__(self, journal: Journal, study: str, *, seed: int, models: Sequence[Model] = tuple(SPACES)) -> None:
        self._seed, self._models = seed, tuple(models)
        storage = JournalStorage(Backend(journal, study))
        try:
            self._stored = optuna.load_study(study_name=study, storage=storage)
        except KeyError:
            self._stored = optuna.create_study(
                study_name=study, storage=storage, direction="maximize", load_if_exists=True
            )

    def ended(self) -> list[Tried]:
        """Return every trial that has ended, in the order in which they did."""
        return [_tried(trial) for trial in self._stored.get_trials(deepcopy=False)]

    def ask(self) -> Asked:
        """Return the next trial. Equal stored trials and an equal seed give equal settings."""
        stored = self._stored.get_trials(deepcopy=False)
        unfinished = [trial.state is TrialState.FAIL for trial in stored]
        number = len(stored) - sum(unfinished)  # one that the clock stopped is tried again
        digest = hashlib.sha256(f"{self._seed}:{number}".encode()).digest()
        study = optuna.create_study(
            direction="maximize",
            sampler=TPESampler(seed=int.from_bytes(digest[:4], "big")),
            pruner=MedianPruner(n_startup_trials=BEFORE_PRUNING),
        )
        study.add_trials(stored)
        if number < len(self._models):
            study.enqueue_trial(_start(self._models[number]))
        trial = study.ask()
        model = Model(trial.suggest_categorical("model", [each.value for each in self._models]))
        rebalancing = Rebalancing(trial.suggest_categorical("rebalancing", [each.value for each in REBALANCINGS]))
        settings = {name: _suggest(trial, f"{model}.{name}", of) for name, of in SPACES[model].searched.items()}
        again = bool(unfinished) and unfinished[-1]
        return Asked(model, rebalancing, settings, again, _trial=trial, _study=study, _stored=self._stored)


@dataclass(frozen=True, slots=True)
class Asked:
    """A trial to be made: fit and report rung by rung, then end it. `again` says that the clock stopped it before."""

    model: Model
    rebalancing: Rebalancing
    settings: dict[str, Setting]
    again: bool
    _trial: Trial
    _study: Study
    _stored: Study

    def report(self, rung: int, figure: float) -> bool:
        """Note a figure; return whether the trial should stop here."""
        self._trial.report(figure, rung)
        return self._trial.should_prune()

    def complete(self, figure: float) -> Tried:
        """End the trial with the figure of its last rung, and store it."""
        return self._end(TrialState.COMPLETE, figure)

    def prune(self) -> Tried:
        """End the trial early, and store it."""
        return self._end(TrialState.PRUNED)

    def stop(self) -> Tried:
        """End the trial since there is no time for its next rung; it is the next one tried. The second time it is pruned."""
        return self.prune() if self.again else self._end(TrialState.FAIL)

    def _end(self, state: TrialState, figure: float | None = None) -> Tried:
        # the settings as they were fitted, not as they were drawn
        self._trial.set_user_attr("settings", self.settings)
        ended = self._study.tell(self._trial, figure, state=state)
        self._stored.add_trial(ended)
        return _tried(ended)


def _tried(trial: FrozenTrial) -> Tried:
    return Tried(
        number=trial.number,
        model=Model(trial.params["model"]),
        rebalancing=Rebalancing(trial.params["rebalancing"]),
        settings=trial.user_attrs["settings"],
        state={TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "unfinished"),
        figures=tuple(trial.intermediate_values[rung] for rung in sorted(trial.intermediate_values)),
        value=trial.value if trial.state is TrialState.COMPLETE else None,
    )


def _start(model: Model) -> dict[str, Setting]:
    values = {f"{model}.{name}": value for name, value in SPACES[model].start.items()}
    return {"model": model.value, "rebalancing": REBALANCINGS[0].value, **values}


def _suggest(trial: Trial, name: str, of: Numbers | OneOf) -> Setting:
    if isinstance(of, OneOf):
        return trial.suggest_categorical(name, of.values)
    if of.whole:
        return trial.suggest_int(name, int(of.low), int(of.high), log=of.log)
    return float(f"{trial.suggest_float(name, of.low, of.high, log=of.log):.{_DIGITS}g}")


def version() -> str:
    """Return the version of Optuna, which is part of what a study is."""
    return optuna.__version__
