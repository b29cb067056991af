"""What a comparison of new rows with those behind a model found, as it stands in drift.json. Computes nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from cosmic.facts.results import Block, Interval


class DriftVerdict(StrEnum):
    """What is to be done about new rows, the least first.

    `fine`: nothing. `watch`: look at it. `retrain`: the sky or its mixture is another one than the model was trained on.
    `stop`: the new rows look wrong; neither train on them nor publish answers for them before somebody has looked.
    """

    FINE = "fine"
    WATCH = "watch"
    RETRAIN = "retrain"
    STOP = "stop"

    @property
    def rank(self) -> int:
        """Return its place among all, from 0."""
        return list(DriftVerdict).index(self)


class DriftKind(StrEnum):
    """What a record compares."""

    COVERAGE = "coverage"
    FEATURE = "feature"
    CALIBRATION = "calibration"
    MISSING = "missing"
    LABELS = "labels"
    VOTES = "votes"
    PREDICTIONS = "predictions"
    CONFIDENCE = "confidence"


class DriftRecord(Block):
    """One comparison.

    `group` is the class, or what else the rows have in common, and `where` the part of them: all, a range of r in mag, or
    a region of the sky. `effect` is new less expected, in `unit` ("" for shares); `expected` is what the rows behind the
    model have at the same magnitudes and places, where that is a share. `interval` is the 95 % interval of the effect. `p` is None
    where nothing is tested (coverage), and `q` is p after control of false discoveries over all records. `limits` are the
    effects from which the verdict is watch, retrain and stop; None where it never is. `reason` says why the verdict is
    not fine; "" where it is.
    """

    kind: DriftKind
    name: str
    group: str
    where: str
    unit: str
    n_new: int
    n_reference: int
    effect: float
    limits: tuple[float | None, float | None, float | None]
    expected: float | None = None
    interval: Interval | None = None
    p: float | None = None
    q: float | None = None
    verdict: DriftVerdict = DriftVerdict.FINE
    reason: str = ""


class Unjudged(Block):
    """What could not be compared, and why."""

    kind: DriftKind
    name: str
    group: str
    where: str
    why: str


class DriftFacts(Block):
    """All that a comparison found.

    Of the `n_new` rows, `n_known` lie where and are as bright as rows behind the model are; `n_new_sky` lie in cells of the
    sky, and `n_new_magnitudes` in magnitudes of their class, that the model has hardly or not seen; `n_unplaced` have no
    position or no r. `alpha` bounds the false discovery rate, `tests` counts what it was controlled over, `least` is the
    number of rows, on each side, below which nothing is judged.
    """

    n_new: int
    n_reference: int
    n_known: int
    n_new_sky: int
    n_new_magnitudes: int
    n_unplaced: int
    alpha: float
    least: int
    tests: int
    verdict: DriftVerdict
    summary: str
    records: tuple[DriftRecord, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()

    @property
    def found(self) -> tuple[DriftRecord, ...]:
        """Return the records that are not fine, the worst first."""
        return tuple(sorted((one for one in self.records if one.verdict.rank), key=lambda one: -one.verdict.rank))


class DriftReport(Block):
    """A comparison of a catalogue with the snapshot behind the model in use: drift.json.

    `state` is that of the catalogue, `snapshot` and `model` are ids; times are in UTC.
    """

    schema_version: int = 1
    sky: str
    made: datetime
    state: str
    model: str
    task: str
    arm: str
    trained: datetime
    snapshot: str
    found: DriftFacts

    @property
    def id(self) -> str:
        """Return what was compared: the catalogue's state and the model."""
        return f"{self.state[:12]}-{self.model[:12]}"
