"""One card a node of the hierarchy: what stands on it and where its marks lie. Pure; writes no HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cosmic.facts import Facts
from cosmic.reporting import words
from cosmic.reporting.arms import paired
from cosmic.reporting.best import (
    HONEST,
    IMAGES,
    PUBLISHED,
    SHAPE,
    best_of,
    figure_of,
    honest,
    interval_of,
    scored,
    why_not,
)
from cosmic.reporting.published import other_classes
from cosmic.reporting.shown import Number, Sentence, Style, Words
from cosmic.reporting.weakspot import weak_spot

NODES: Final = ("superclass", "star", "galaxy", "galaxy-spectral", "galaxy-image")
"""The nodes that have a card, in this order, whether they were run or not."""
IF_LABELLED: Final = ("galaxy-spectral",)
"""Nodes that have one only where objects have such labels: the published study knows nothing of them."""
HEADLINE: Final = {"galaxy": "balanced_accuracy", "galaxy-image": "balanced_accuracy"}
_BASELINE: Final = {"f1": "majority_f1", "f1_macro": "majority_f1_macro", "accuracy": "majority"}
_NOTHING: Final = {
    "galaxy": "no galaxy labels were read in this run",
    "galaxy-image": "this run was not asked for it: --task galaxy-image",
}
_DATA: Final = {"galaxy-image": ("galaxy", "image")}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a strip from 0 to 1."""

    kind: Literal["honest", "same", "published", "majority", "ceiling"]
    at: Number


@dataclass(frozen=True, slots=True)
class Strip:
    """One figure on an axis from 0 to 1: the interval of the honest arm and the marks beside it."""

    figure: str
    interval: tuple[Number, Number] | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a card: a small mark, a number, and what it is."""

    kind: Literal["honest", "same", "published", "majority", "ceiling", "none"]
    number: Number | None
    text: Sentence


@dataclass(frozen=True, slots=True)
class Card:
    """What one card says. `not_run` is the reason where there is no figure for the honest arm.

    `key` is the figure of those rows that name no other one.
    """

    node: str
    title: str
    arm: str
    figure: str = ""
    headline: Number | None = None
    interval: tuple[Number, Number] | None = None
    model: str = ""
    classes: str = ""
    n: Number | None = None
    strips: tuple[Strip, ...] = ()
    key: str = ""
    rows: tuple[Row, ...] = ()
    not_run: Words | str | None = None


def cards(facts: Facts) -> tuple[Card, ...]:
    """Return the card of each node, the arm without a spectrum large; published marks on the real sky alone."""
    return tuple(_card(facts, node) for node in NODES if node not in IF_LABELLED or facts.class_counts.get(node))


def study_row(facts: Facts, node: str) -> int | None:
    """Return the index in ``published_study`` of the node's best published figure, or None.

    Rows whose note says that the figure is something else are passed over where others are left.
    """
    task, data = _DATA.get(node, (node, "tabular"))
    rows = [i for i, r in enumerate(facts.published_study) if (r.task, r.data) == (task, data)]
    sound = [i for i in rows if facts.published_study[i].note is None] or rows
    return max(sound, key=lambda i: _study_value(facts, i), default=None)


def study_number(facts: Facts, index: int) -> tuple[Number, str] | None:
    """Return a published row's weighted F1, or its accuracy where the study printed nothing else, and its name."""
    row = facts.published_study[index]
    for figure, value in (("f1", row.f1), ("accuracy", row.accuracy)):
        if value is not None:
            return Number(f"published_study[{index}].{figure}", value, Style.SCORE), words.METRICS[figure]
    return None


def _card(facts: Facts, node: str) -> Card:
    index = best_of(facts, node, honest(node))
    title, arm = words.task(node), words.arm(honest(node))
    if index is None:
        reason = (
            why_not(facts, node, honest(node))
            or why_not(facts, node)
            or _NOTHING.get(node, "it was not part of this run")
        )
        return Card(node, title, arm, rows=_published_rows(facts, node), not_run=reason)
    figure = HEADLINE.get(node, "f1_macro")
    result = facts.results[index]
    return Card(
        node,
        title,
        arm,
        figure=words.METRICS[figure],
        headline=figure_of(facts, index, figure),
        interval=interval_of(facts, index, figure),
        model=words.model(result.model or ""),
        classes=words.labels(node, len(scored(facts, index).per_class)),
        n=None if result.n_test is None else Number(f"results[{index}].n_test", result.n_test, Style.COUNT),
        strips=tuple(
            _strip(facts, node, index, name)
            for name in dict.fromkeys((figure, "f1"))
            if figure_of(facts, index, name) is not None
        ),
        key=words.METRICS["f1"],
        rows=_rows(facts, node, index),
    )


def _strip(facts: Facts, node: str, index: int, figure: str) -> Strip:
    marks: list[Mark] = []

    def add(kind: Literal["honest", "same", "published", "majority", "ceiling"], number: Number | None) -> None:
        if number is not None:
            marks.append(Mark(kind, number))

    if (limit := label_ceiling(facts, node, figure)) is not None:
        add("ceiling", limit)
    if figure in _BASELINE:
        add("majority", figure_of(facts, index, _BASELINE[figure]))
    same = best_of(facts, node, PUBLISHED)
    if same is not None:
        add("same", figure_of(facts, same, figure))
    study = study_row(facts, node)
    if study is not None and figure == "f1" and facts.published_study[study].f1 is not None:
        add("published", (study_number(facts, study) or (None, ""))[0])
    add("honest", figure_of(facts, index, figure))
    return Strip(words.METRICS[figure], interval_of(facts, index, figure), tuple(marks))


def _rows(facts: Facts, node: str, index: int) -> tuple[Row, ...]:
    own = figure_of(facts, index, "f1")
    rows = [] if own is None else [Row("honest", own, ("this arm", *_with_shape(facts, node)))]
    if honest(node) == IMAGES:
        rows += [*_limits(facts, node), *_published_rows(facts, node, index)]
    else:
        rows += [_same_inputs(facts, node, index), *_published_rows(facts, node, index), *_weakest(facts, node, index)]
    majority = figure_of(facts, index, "majority_f1")
    if majority is not None:
        macro = figure_of(facts, index, "majority_f1_macro")
        beside: Sentence = () if macro is None else ("; macro ", macro)
        rows.append(Row("majority", majority, ("always the largest class", *beside)))
    elif scored(facts, index).majority is not None:
        rows.append(Row("majority", figure_of(facts, index, "majority"), ("accuracy of the largest class",)))
    return tuple(rows)


def _limits(facts: Facts, node: str) -> tuple[Row, ...]:
    """How far volunteers agree with themselves: of the figures that are shown, and of accuracy."""
    overall, balanced = label_ceiling(facts, node, "accuracy"), label_ceiling(facts, node, "balanced_accuracy")
    if overall is None or balanced is None:
        return ()
    return (Row("ceiling", balanced, ("label ceiling, balanced: volunteers asked again; accuracy ", overall)),)


def label_ceiling(facts: Facts, node: str, figure: str) -> Number | None:
    """Return the label ceiling of a figure of galaxies' labels; None where there is none, or labels are others."""
    name = {"accuracy": "corrected", "balanced_accuracy": "corrected_balanced"}.get(figure)
    study = next((at for at, one in enumerate(facts.images) if one.ceiling is not None), None)
    if name is None or study is None or (node == "galaxy" and facts.images[study].scheme == "clean5"):
        return None
    if node not in ("galaxy", "galaxy-image"):
        return None
    value = getattr(facts.images[study].ceiling, name)
    return None if value is None else Number(f"images[{study}].ceiling.{name}", value, Style.SCORE)


def _weakest(facts: Facts, node: str, index: int) -> tuple[Row, ...]:
    """Where the model is weakest; that of the superclass stands in the verdict."""
    weak = () if node == "superclass" else weak_spot(facts, index)
    return (Row("none", None, weak),) if weak else ()


def _with_shape(facts: Facts, node: str) -> Sentence:
    """What shape adds: on the same objects where there is such a comparison, else with the n of its own."""
    shape = best_of(facts, node, SHAPE)
    better = None if shape is None else figure_of(facts, shape, "f1")
    if shape is None or better is None:
        return ()
    pair = paired(facts, node, SHAPE, HONEST)
    if pair is None:
        return ("; with shape ", better, *_other_n(facts, shape))
    own = best_of(facts, node, HONEST)
    if own is not None and pair.n.value == facts.results[own].n_test:
        return ("; with shape ", pair.f1)
    return ("; with shape ", pair.f1, " (", pair.other, " without, n ", pair.n, ")")


def _same_inputs(facts: Facts, node: str, index: int) -> Row:
    same = best_of(facts, node, PUBLISHED)
    name = "with the spectrum" if facts.source.simulated else words.arm(PUBLISHED)
    if same is None:
        return Row("none", None, (f"{name} not run: ", why_not(facts, node, PUBLISHED) or "no such columns"))
    number = figure_of(facts, same, "f1")
    if number is None:
        return Row("none", None, (f"{name}: no figure on the test part",))
    other = () if facts.results[same].n_test == facts.results[index].n_test else _other_n(facts, same)
    return Row("same", number, (name, *other))


def _other_n(facts: Facts, index: int) -> Sentence:
    n = facts.results[index].n_test
    return () if n is None else (" (n ", Number(f"results[{index}].n_test", n, Style.COUNT), ")")


def _published_rows(facts: Facts, node: str, index: int | None = None) -> tuple[Row, ...]:
    study = study_row(facts, node)
    shown = study_number(facts, study) if study is not None else None
    if study is None or shown is None:
        return ()
    number, figure = shown
    note = facts.published_study[study].note
    said: list[str | Number | Words] = ["published"]
    if index is None or figure != words.METRICS["f1"]:
        said.append(f" {figure}")
    if index is not None and (theirs := other_classes(node, scored(facts, index).per_class)):
        said.append(f", other classes: {' '.join(theirs)}")
    if note:
        said += [": ", Words(f"published_study[{study}].note", note)]
    return (Row("published", number, tuple(said)),)


def _study_value(facts: Facts, index: int) -> float:
    row = facts.published_study[index]
    return row.f1 or row.accuracy or 0.0
