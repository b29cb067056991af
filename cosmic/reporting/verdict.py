"""The verdict in one sentence and the few things a reader must know. Pure: facts in, sentences out; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cosmic.facts import CurveBin, Facts
from cosmic.facts.file import child
from cosmic.reporting import words
from cosmic.reporting.best import HONEST, NO_LEAK, PUBLISHED, best_of, figure_of, scored, why_not
from cosmic.reporting.shown import Number, Sentence, Style, Words, stopped

GOOD: Final = 0.8
"""Macro F1 from which a node is said to hold."""
FEW: Final = 20
"""Objects below which a magnitude bin or a class is too small to speak of."""
CLEARLY: Final = 0.05
"""Difference of completeness, or of F1 between train and test, worth a word."""
MANY_QUARANTINED: Final = 0.01
"""Share of quarantined rows worth a word."""
MANY_UNTESTED: Final = 0.01
"""Share of objects fainter than the test part worth a word; half a per cent is so by construction."""
NAMES: Final = 6
"""Dropped classes named before the rest is left to the table below."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to know: a few words, then a sentence with its figures."""

    title: str
    text: Sentence


def verdict(facts: Facts) -> Sentence:
    """Return what the run shows, in one sentence about the models and one about the rows.

    The models are those without a spectrum, since that is what an object without a label can be asked with. Holding
    means a macro F1 of at least `GOOD` with an interval above the baseline of the majority class.
    """
    sky = "On a simulated sky, " if facts.source.simulated else ""
    index = best_of(facts, "superclass", HONEST)
    task = "superclass"
    if index is None:
        index, task = best_of(facts, "star", HONEST), "star"
    if index is None:
        reason = why_not(facts, "superclass", HONEST) or why_not(facts, "superclass") or "no rows with a label"
        trained = "no model could be trained" if not facts.best else "no model works without a spectrum"
        return (*stopped((_capital(f"{sky}{trained}: "), reason)), " ", *_quarantine(facts))
    said: list[str | Number | Words] = [_capital(f"{sky}{words.task(task)} "), *_holding(facts, index)]
    star = best_of(facts, "star", HONEST)
    if task == "superclass" and star is not None and figure_of(facts, star, "f1_macro"):
        said += [", the star letter ", *_holding(facts, star, short=True)]
    weak = _weak_spot(facts, index)
    if weak:
        said += ["; ", *weak]
    return (*said, ". ", *_quarantine(facts))


def things_to_know(facts: Facts, limit: int = 3) -> tuple[Thing, ...]:
    """Return at most `limit` things that a reader should know before using the figures, gravest first."""
    found: list[Thing] = []
    for group in (_worse, _warnings, _leaks, _untested, _dropped, _unequal, _memorised, _rows_lost, _rare):
        found.extend(group(facts))
    return tuple(Thing(each.title, stopped(each.text)) for each in found[:limit])


def _holding(facts: Facts, index: int, *, short: bool = False) -> Sentence:
    test = scored(facts, index)
    figure = figure_of(facts, index, "f1_macro")
    if figure is None:
        return ("has no figure on the test part",)
    lower = test.interval.get("f1_macro", (figure.value, figure.value))[0]
    if test.majority_f1_macro is not None and lower <= test.majority_f1_macro:
        return ("is no better than always answering the largest class (macro F1 ", figure, ")")
    verb = "holds at" if figure.value >= GOOD else "reaches only"
    return (f"{verb} ", figure) if short else (f"{verb} a macro F1 of ", figure, " without a spectrum")


def _weak_spot(facts: Facts, index: int) -> Sentence:
    classes = {k: v for k, v in scored(facts, index).per_class.items() if v.f1 is not None and v.n >= FEW}
    if len(classes) < 2:
        return ()
    label = min(classes, key=lambda k: (classes[k].f1 or 0.0, k))
    limit = _faint_limit(facts, index, label)
    name = words.plural(label)
    return (
        (f"{name} fainter than r\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", limit, " are the weak spot")
        if limit
        else (f"{name} are the weak spot",)
    )


def _faint_limit(facts: Facts, index: int, label: str) -> Number | None:
    """The magnitude beyond which every bin is less complete than the class as a whole, clearly so together."""
    for s, selection in enumerate(facts.selections):
        if (selection.result, selection.label) != (index, label) or selection.completeness is None:
            continue
        run: list[tuple[int, CurveBin]] = []
        for b, each in reversed(list(enumerate(selection.curve))):
            if each.n < FEW or each.completeness is None:
                continue
            if each.completeness >= selection.completeness:
                break
            run.append((b, each))
        else:
            return None
        n = sum(each.n for _, each in run)
        mean = sum((each.completeness or 0.0) * each.n for _, each in run) / n if n else 1.0
        if mean < selection.completeness - CLEARLY:
            b, each = run[-1]
            return Number(f"selections[{s}].curve[{b}].r_lo", each.r_lo, Style.TENTHS)
    return None


def _quarantine(facts: Facts) -> Sentence:
    n = facts.ingest.quarantined
    if n == 0:
        return ("No row was quarantined.",)
    return (Number("ingest.quarantined", n, Style.COUNT), " row was" if n == 1 else " rows were", " quarantined.")


def _worse(facts: Facts) -> Iterator[Thing]:
    for i, each in enumerate(facts.run.previous.comparisons if facts.run.previous else ()):
        if each.arm == HONEST and each.difference is not None and each.interval and each.interval[1] < 0:
            at = f"run.previous.comparisons[{i}]"
            yield Thing(
                f"{_capital(words.task(each.task))} got worse",
                ("weighted F1 ", Number(f"{at}.difference", each.difference, Style.SIGNED_SCORE),
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
        "superclass": ("Redshift decides the class", "Redshift comes from the same template fit as the class: a leak"),
        "star": ("ELODIE decides the letter", "Its values come from the template that defines the label: a leak"),
    }
    for task, (title, why) in told.items():
        with_it, without = best_of(facts, task, PUBLISHED), best_of(facts, task, NO_LEAK)
        if with_it is None or without is None:
            continue
        high, low = figure_of(facts, with_it, "f1"), figure_of(facts, without, "f1")
        if high is None or low is None or _lower(facts, with_it) <= _upper(facts, without):
            continue
        yield Thing(title, ("weighted F1 ", high, " with it, ", low, f" without. {why}"))


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
        sizes = [(facts.results[b.result].n_test or 0, b.result) for b in facts.best if b.task == task]
        (least, at_least), (most, at_most) = min(sizes), max(sizes)
        if least < 0.95 * most:
            yield Thing(
                f"The arms of {words.task(task)} saw different objects",
                ("between ", Number(f"results[{at_least}].n_test", least, Style.COUNT), " and ",
                 Number(f"results[{at_most}].n_test", most, Style.COUNT),
                 " test objects, since rows without a value leave the arm that needs it: compare with care"),
            )  # fmt: skip


def _memorised(facts: Facts) -> Iterator[Thing]:
    for task in ("superclass", "star"):
        index = best_of(facts, task, HONEST)
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
        index = best_of(facts, task, HONEST)
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


def _lower(facts: Facts, index: int) -> float:
    test = scored(facts, index)
    return test.interval.get("f1", (test.f1 or 0.0, 0.0))[0]


def _upper(facts: Facts, index: int) -> float:
    test = scored(facts, index)
    return test.interval.get("f1", (0.0, test.f1 or 0.0))[1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
