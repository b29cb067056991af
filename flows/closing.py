"""What a run says at its end: the verdict, hold-out scores, what was quarantined, where the report is. Computes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cosmic.facts import Facts, Holdout
from cosmic.facts.file import read_facts
from cosmic.home import Home
from cosmic.records import Report

_NAMED = 10
"""Reasons or hold-out scores that are shown; the report has the rest."""


def closing(made: Report, *, home: Home) -> str:
    """Return the last lines of a run."""
    return lines(read_facts(made.facts), made, home=home)


def lines(facts: Facts, made: Report, *, home: Home) -> str:
    """Return the last lines of a run by its facts."""
    parts = [
        facts.run.remark or "",
        _untrained(facts) or made.verdict,
        "\n".join(_holdouts(facts)),
        _study(facts),
        _quarantine(facts, home),
    ]
    study = f"Study:  {made.latest.with_name('study.html')}\n" if facts.grid else ""
    return "\n\n".join([*filter(None, parts), f"{study}Report: {made.latest}\n        {made.html} (this run)"])


def _holdouts(facts: Facts) -> Iterator[str]:
    held = [(result, one) for result in facts.results for one in result.holdout]
    for result, one in held[:_NAMED]:
        yield f"Hold-out {one.path}, {result.task}, {result.arm}, {result.model}: {_figures(one)}"
    if len(held) > _NAMED:
        yield f"(and {len(held) - _NAMED} more hold-out scores in the report)"


def _figures(one: Holdout) -> str:
    if one.not_run is not None or one.f1 is None:
        return f"not run, {one.not_run or 'no row with a label'}"
    interval = one.interval.get("f1")
    between = f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else ""
    macro = "" if one.f1_macro is None else f", macro F1 {one.f1_macro:.3f}"
    known = f"; {one.n_trained_on:,} more left out, since the model was trained on them" if one.n_trained_on else ""
    return f"weighted F1 {one.f1:.3f}{between}{macro}, {one.n:,} rows{known}"


def _study(facts: Facts) -> str:
    """How much of the published table was redone, and why the rest was not; empty where none of it was asked for."""
    table = [one for one in facts.grid if one.features == "X0" and not one.variant]
    if not table:
        return ""
    reasons = Counter(one.not_run for one in table if one.not_run)
    ran = f"Study: {len(table) - reasons.total()} of the {len(table)} published settings have figures"
    why = [f"- {n} not run: {reason}" for reason, n in reasons.most_common(_NAMED)]
    more = [f"(and {len(reasons) - _NAMED} more reasons)"] if len(reasons) > _NAMED else []
    return "\n".join([f"{ran}{':' if why else '.'}", *why, *more])


def _quarantine(facts: Facts, home: Home) -> str:
    if not facts.ingest.quarantined:
        return ""
    return f"Quarantined rows, each with every reason: {home.judged}/*.quarantined.parquet"


def _untrained(facts: Facts) -> str:
    """Why there is no model at all, and what to do; empty where there is one."""
    if facts.best:
        return ""
    unable: dict[tuple[str, str], list[str]] = {}
    for one in facts.results:
        unable.setdefault((one.task, one.not_run or "no model of it could be chosen"), []).append(one.arm)
    reasons = [f"- {task} ({', '.join(arms)}): {reason}" for (task, reason), arms in unable.items()]
    more = [f"(and {len(reasons) - _NAMED} more)"] if len(reasons) > _NAMED else []
    listed = "\n".join([*reasons[:_NAMED], *more])
    return (
        f"The rows are stored, but no model could be trained:\n{listed}\nAsk for another --task or --arm, keep smaller "
        "classes with --min-class-size, or bring more labelled rows. `cosmic inspect FILE` says what a file can serve."
    )
