"""Where a model is weakest: the class and the magnitudes of which a selection finds least. Pure; judges no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cosmic.facts import Facts, Interval
from cosmic.facts.file import child
from cosmic.reporting import words
from cosmic.reporting.best import scored
from cosmic.reporting.shown import Number, Sentence, Style

FEW: Final = 20
"""Objects below which a magnitude bin or a class is too small to speak of."""
_SPACE: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A class, or its objects in one bin of r, with the share of them that its selection finds."""

    label: str
    found: float
    n: int
    said: Sentence


def weak_spot(facts: Facts, index: int) -> Sentence:
    """Return where a model misses most, in words, or nothing where its classes are too small to say.

    Asked are the selections of the model at the target purity: each class, and each bin of r, with `FEW` true members
    or more. The least complete is named with its interval and n, whether or not another one's interval reaches it. A
    class of which nothing can be selected is the weakest of all. Without selections it is the class of the lowest F1.
    """
    candidates = list(_candidates(facts, index))
    if not candidates:
        return _lowest_f1(facts, index)
    worst = min(candidates, key=lambda each: (each.found, -each.n, each.label))
    return worst.said if worst.found < 1.0 else ()


def _candidates(facts: Facts, index: int) -> Iterator[_Candidate]:
    purity = Number("purity_target", facts.purity_target, Style.PERCENT)
    for s, selection in enumerate(facts.selections):
        if selection.result != index or selection.n < FEW:
            continue
        at, name = f"selections[{s}]", words.plural(selection.label)
        size = Number(f"{at}.n", selection.n, Style.COUNT)
        if selection.completeness is None:
            lost: Sentence = (f"no selection of {name} is ", purity, " % pure on validation (n ", size, ")")
            yield _Candidate(selection.label, -1.0, selection.n, lost)
            continue
        least: Sentence = ("least complete at ", purity, f" % purity: {name}")
        whole = _figure(at, selection.completeness, selection.interval.get("completeness"), size)
        yield _Candidate(selection.label, selection.completeness, selection.n, (*least, ", ", *whole))
        for b, each in enumerate(selection.curve):
            if each.n < FEW or each.completeness is None:
                continue
            bin_at = f"{at}.curve[{b}]"
            where: Sentence = (
                f" at r{_SPACE}", Number(f"{bin_at}.r_lo", each.r_lo, Style.TENTHS), "–",
                Number(f"{bin_at}.r_hi", each.r_hi, Style.TENTHS), ", ",
            )  # fmt: skip
            n = Number(f"{bin_at}.n", each.n, Style.COUNT)
            figure = _figure(bin_at, each.completeness, each.interval.get("completeness"), n)
            yield _Candidate(selection.label, each.completeness, each.n, (*least, *where, *figure))


def _figure(at: str, value: float, interval: Interval | None, n: Number) -> Sentence:
    said: list[str | Number] = [Number(f"{at}.completeness", value, Style.PERCENT), f"{_SPACE}% ("]
    if interval is not None:
        ends = (Number(f"{at}.interval.completeness[{i}]", end, Style.PERCENT) for i, end in enumerate(interval))
        said += [next(ends), "–", next(ends), f"{_SPACE}%, "]
    return (*said, "n ", n, ")")


def _lowest_f1(facts: Facts, index: int) -> Sentence:
    classes = {k: v for k, v in scored(facts, index).per_class.items() if v.f1 is not None and v.n >= FEW}
    if len(classes) < 2:
        return ()
    label = min(classes, key=lambda k: (classes[k].f1 or 0.0, k))
    at = child(f"results[{index}].test.per_class", label)
    f1 = Number(f"{at}.f1", classes[label].f1 or 0.0, Style.SCORE)
    return (f"the lowest F1 is that of {words.plural(label)}, ", f1, " (n ",
            Number(f"{at}.n", classes[label].n, Style.COUNT), ")")  # fmt: skip
