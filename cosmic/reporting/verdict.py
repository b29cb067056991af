"""The verdict in one sentence and the few things a reader must know. Pure: facts in, sentences out; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cosmic.facts import Facts
from cosmic.facts.file import child
from cosmic.reporting import words
from cosmic.reporting.arms import paired
from cosmic.reporting.best import MATCHED, NO_LEAK, PUBLISHED, best_of, figure_of, honest, scored, why_not
from cosmic.reporting.shown import Number, Sentence, Style, Words, stopped
from cosmic.reporting.weakspot import FEW, weak_spot

GOOD: Final = 0.8
"""Macro F1 from which a node is said to hold."""
ENOUGH: Final = 100
"""Test objects from which it can be said whether a node holds."""
CLEARLY: Final = 0.05
"""Difference of F1 between train and test worth a word."""
MANY_QUARANTINED: Final = 0.01
"""Share of quarantined rows worth a word."""
MANY_UNTESTED: Final = 0.01
"""Share of objects fainter than the test part worth a word; half a per cent is so by construction."""
REASONS: Final = 3
"""Reasons named in the verdict before the rest is left to the sections below."""
NAMES: Final = 6
"""Dropped classes named before the rest is left to the table below."""
_BELOW: Final = {
    "star": "star letter",
    "galaxy": "galaxy label",
    "galaxy-spectral": "spectral class",
    "galaxy-image": "galaxy image",
}
_NODES: Final = ("superclass", *_BELOW)


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to know: a few words, then a sentence with its figures."""

    title: str
    text: Sentence


def verdict(facts: Facts) -> Sentence:
    """Return what the run shows, in one sentence about the models and one about the rows.

    The models are those without a spectrum, since that is what an object without a label can be asked with. Holding
    means a macro F1 of at least `GOOD` with an interval above the baseline of the majority class, on at least `ENOUGH`
    test objects, `FEW` of them in each of two classes.
    """
    sky = "On a simulated sky, " if facts.source.simulated else ""
    shown = {task: index for task in _NODES if (index := best_of(facts, task, honest(task))) is not None}
    if not shown:
        trained = "no model works without a spectrum" if facts.best else "no model could be trained"
        return (*stopped((_capital(f"{sky}{trained}: "), *_reasons(facts))), " ", *_quarantine(facts))
    (task, index), *below = shown.items()
    said: list[str | Number | Words] = [_capital(f"{sky}{words.task(task)} "), *_holding(facts, index)]
    for node, own in below:
        if figure_of(facts, own, "f1_macro"):
            said += [f", the {_BELOW[node]} ", *_holding(facts, own, short=True)]
    weak = weak_spot(facts, index)
    if weak:
        said += ["; ", f"{words.task(task)}: " if below else "", *weak]
    return (*said, ". ", *_quarantine(facts))


def things_to_know(facts: Facts, limit: int = 3) -> tuple[Thing, ...]:
    """Return at most `limit` things that a reader should know before using the figures, gravest first."""
    found: list[Thing] = []
    for group in (_worse, _warnings, _leaks, _untested, _dropped, _unequal, _rows_lost, _rare, _memorised):
        found.extend(group(facts))
    return tuple(Thing(each.title, stopped(each.text)) for each in found[:limit])


def _holding(facts: Facts, index: int, *, short: bool = False) -> Sentence:
    test = scored(facts, index)
    figure = figure_of(facts, index, "f1_macro")
    if figure is None:
        return ("has no figure on the test part",)
    where = () if short or facts.results[index].task == "galaxy-image" else (" without a spectrum",)
    sizes = sorted((each.n for each in test.per_class.values()), reverse=True)
    described = (f" ({words.labels(facts.results[index].task, len(sizes))}, ", *_size(facts, index))
    if (facts.results[index].n_test or 0) < ENOUGH or len(sizes) < 2 or sizes[1] < FEW:
        return ("cannot be judged", *where, *described, ": too few to say)")
    described += (")",)
    lower = test.interval.get("f1_macro", (figure.value, figure.value))[0]
    if test.majority_f1_macro is not None and lower <= test.majority_f1_macro:
        return ("is no better than always answering the largest class: macro F1 ", figure, *where, *described)
    verb = "holds at" if figure.value >= GOOD else "reaches only"
    return (f"{verb} ", *(() if short else ("a macro F1 of ",)), figure, *where, *described)


def _size(facts: Facts, index: int) -> Sentence:
    n = facts.results[index].n_test
    return ("n unknown",) if n is None else ("n\N{NO-BREAK SPACE}", Number(f"results[{index}].n_test", n, Style.COUNT))


def _reasons(facts: Facts) -> Sentence:
    """Why no model without a spectrum is there: the first reason of each task, those with the same together."""
    tasks = list(dict.fromkeys(result.task for result in facts.results))
    by_text: dict[str, tuple[list[str], Words | str]] = {}
    for task in tasks:
        why = why_not(facts, task, honest(task)) or (None if facts.best else why_not(facts, task))
        if why is not None:
            by_text.setdefault(str(why), ([], why))[0].append(words.task(task))
    if not by_text:
        return ("this run was not asked for one",)
    said: list[str | Number | Words] = []
    for named, reason in list(by_text.values())[:REASONS]:
        said += ["; " if said else "", f"{', '.join(named)}: " if len(tasks) > 1 else "", reason]
    return (*said, "; more below" if len(by_text) > REASONS else "")


def _quarantine(facts: Facts) -> Sentence:
    n = facts.ingest.quarantined
    apart = sum(sum(one.read.bad.values()) for one in facts.images)
    if n == 0 and facts.images and not facts.ingest.rows:
        read = Number("images[0].read.images", facts.images[0].read.images, Style.COUNT)
        return (*(("No image was set apart; ",) if not apart else ()), "images that can be used: ", read, ".")
    if n == 0:
        return ("No row was quarantined.",)
    return (Number("ingest.quarantined", n, Style.COUNT), " row was" if n == 1 else " rows were", " quarantined.")


def _worse(facts: Facts) -> Iterator[Thing]:
    before = facts.run.previous
    for i, each in enumerate(before.comparisons if before else ()):
        # with other classes it is another question, and no loss
        other = before is not None and (each.task in before.classes_new or each.task in before.classes_gone)
        if (
            each.arm == honest(each.task)
            and each.difference is not None
            and each.interval
            and each.interval[1] < 0
            and not other
        ):
            at = f"run.previous.comparisons[{i}]"
            yield Thing(
                f"{_capital(words.task(each.task))} got worse",
                ("weighted F1 changed by ", Number(f"{at}.difference", each.difference, Style.CHANGE),
                 " on the same ", Number(f"{at}.n", each.n, Style.COUNT), " test objects as the run before, and the"
                 " interval leaves zero out"),
            )  # fmt: skip


def _warnings(facts: Facts) -> Iterator[Thing]:
    for where, notes in (("run.notes", facts.run.notes), ("notes", facts.notes)):
        for i, note in enumerate(notes):
            if note.level == "warning":
                yield Thing("Warning", (Words(f"{where}[{i}].text", note.text),))


def _leaks(facts: Facts) -> Iterator[Thing]:
    told = {
        "superclass": (
            "Redshift decides the class", "redshift", "Redshift comes from the same template fit as the class: a leak",
        ),
        "star": (
            "ELODIE and redshift decide the letter", "ELODIE and redshift",
            "ELODIE's values come from the template that defines the label: a leak",
        ),
        "galaxy-spectral": (
            "Redshift helps to name the lines", "redshift",
            "Redshift comes from the spectrum that is classified and says which lines it can show: a leak",
        ),
    }  # fmt: skip
    for task, (title, what, why) in told.items():
        pair = paired(facts, task, PUBLISHED, NO_LEAK)
        if pair is not None and pair.above:
            said = ("the study's inputs reach weighted F1 ", pair.f1, ", and ", pair.other, f" without {what}, on the same ",
                    pair.n)  # fmt: skip
            yield Thing(title, (*said, f" test objects. {why}"))


def _untested(facts: Facts) -> Iterator[Thing]:
    for i, each in enumerate(facts.coverage):
        if each.task == "superclass" and each.n_above > MANY_UNTESTED * each.n_catalogue:
            edge = Number(f"coverage[{i}].hi", each.hi, Style.TENTHS)
            yield Thing(
                "The faint end is hardly tested",
                (Number(f"coverage[{i}].n_above", each.n_above, Style.COUNT), " of ",
                 Number(f"coverage[{i}].n_catalogue", each.n_catalogue, Style.COUNT),
                 f" objects are fainter than {each.column} = ", edge, ", where next to no test object lies"),
            )  # fmt: skip


def _dropped(facts: Facts) -> Iterator[Thing]:
    for task, classes in facts.dropped_classes.items():
        if not classes:
            continue
        said: list[str | Number | Words] = ["too few objects to learn: "]
        for i, (label, n) in enumerate(list(classes.items())[:NAMES]):
            path = child(child("dropped_classes", task), label)
            said += [", " if i else "", Words(path, label, is_name=True), " (", Number(path, n, Style.COUNT), ")"]
        said.append(" and more, listed below" if len(classes) > NAMES else "")
        yield Thing(f"Classes dropped from {words.task(task)}", tuple(said))


def _unequal(facts: Facts) -> Iterator[Thing]:
    for task in dict.fromkeys(entry.task for entry in facts.best):
        sizes = [
            (facts.results[b.result].n_test or 0, b.result) for b in facts.best if b.task == task and b.arm != MATCHED
        ]
        if not sizes:
            continue
        (least, at_least), (most, at_most) = min(sizes), max(sizes)
        if least < 0.95 * most:
            yield Thing(
                f"The arms of {words.task(task)} saw different objects",
                ("between ", Number(f"results[{at_least}].n_test", least, Style.COUNT), " and ",
                 Number(f"results[{at_most}].n_test", most, Style.COUNT),
                 " test objects, since rows without a value leave the arm that needs it: their scores do not compare"),
            )  # fmt: skip


def _memorised(facts: Facts) -> Iterator[Thing]:
    for task in _NODES:
        index = best_of(facts, task, honest(task))
        if index is None:
            continue
        result, test = facts.results[index], figure_of(facts, index, "f1")
        if result.train and result.train.f1 is not None and test and result.train.f1 - test.value > CLEARLY:
            train = Number(f"results[{index}].train.f1", result.train.f1, Style.SCORE)
            yield Thing(
                f"The {words.task(task)} model knows its training part by heart",
                ("weighted F1 ", train, " there, ", test, " on the test part; only the latter counts"),
            )


def _rows_lost(facts: Facts) -> Iterator[Thing]:
    if facts.ingest.rows and facts.ingest.quarantined / facts.ingest.rows > MANY_QUARANTINED:
        yield Thing(
            "Many rows were quarantined",
            (Number("ingest.quarantined", facts.ingest.quarantined, Style.COUNT), " of ",
             Number("ingest.rows", facts.ingest.rows, Style.COUNT), " rows did not pass; the reasons are below"),
        )  # fmt: skip


def _rare(facts: Facts) -> Iterator[Thing]:
    for task in ("superclass", "star"):
        index = best_of(facts, task, honest(task))
        if index is None:
            continue
        classes = scored(facts, index).per_class
        label = min(classes, key=lambda k: (classes[k].n, k), default=None)
        if label is not None and classes[label].n < 5 * FEW:
            path = child(f"results[{index}].test.per_class", label)
            n = Number(f"{path}.n", classes[label].n, Style.COUNT)
            yield Thing(
                f"Class {label} is rare",
                ("only ", n, f" test objects carry this {words.task(task)}: its own figures are rough"),
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
