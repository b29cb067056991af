"""facts.json and the arrays beside it to one HTML file. Reads nothing else, computes no figure, needs no network."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cosmic.facts import Facts
from cosmic.facts.file import facts_json, read_facts, write_whole
from cosmic.reporting import figures, style, words
from cosmic.reporting.best import ADDED, HONEST, NO_LEAK, PUBLISHED, scored, why_not
from cosmic.reporting.cards import cards, label_ceiling
from cosmic.reporting.heldout import SHOWN, held_lines
from cosmic.reporting.ledger import beside, findings
from cosmic.reporting.published import other_classes
from cosmic.reporting.search_view import SearchView, search_views
from cosmic.reporting.shown import At, Number, Style, Words, marked
from cosmic.reporting.skymap import sky_pictures
from cosmic.reporting.verdict import things_to_know, verdict

_ARMS = (HONEST, *ADDED, NO_LEAK, PUBLISHED)
"""The order of arms below the first screen: what most users can run comes first."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """The best model of one arm, opened up: indices into results, places in the facts, and pictures.

    `unseen` are classes too small in every bin of r for a curve; `no_matter` says that no feature alone matters.
    """

    result: int
    open: bool
    importance: style.Picture | None
    reliability: style.Picture | None
    no_matter: bool
    curve: style.Picture | None
    unseen: tuple[Words, ...]
    selections: tuple[At, ...]
    tree: int | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """What the section of one task needs, as indices into the facts."""

    name: str
    arms: tuple[tuple[int, ...], ...]
    pairs: tuple[int, ...]
    study_classes: str
    not_run: tuple[tuple[int, ...], ...]
    best: frozenset[int]
    baseline: int | None
    label: int | None
    largest: int
    holdout: tuple[tuple[int, int], ...]
    shown: tuple[Shown, ...]
    searches: tuple[SearchView, ...]


def build(facts_path: Path) -> Path:
    """Write report.html beside a facts.json and return its path. The same facts give the same bytes.

    Raises
    ------
    ArtefactCorrupt
        If facts.json or one of its arrays is missing, broken or changed.
    """
    began = time.perf_counter()
    facts = read_facts(facts_path)
    html = render(facts, folder=facts_path.parent)
    path = write_whole(facts_path.with_name("report.html"), html.encode())
    _log.info(
        "report of %d results written, %.0f kB, %.1f s: %s",
        len(facts.results),
        len(html) / 1000,
        time.perf_counter() - began,
        path,
    )
    return path


def render(facts: Facts, *, folder: Path) -> str:
    """Return the page of these facts, as they are written, whose arrays are in `folder`."""
    text = facts_json(facts)
    facts, f = Facts.model_validate_json(text), At(json.loads(text))
    honest = [i for i, s in enumerate(facts.selections) if (s.task, s.arm) == ("superclass", HONEST)]
    reasons = sorted(
        f["ingest"]["reasons"].pairs(), key=lambda pair: (-facts.ingest.reasons[pair[0].text], pair[0].text)
    )
    return environment().get_template("report.html.j2").render(
        f=f,
        verdict=verdict(facts),
        things=things_to_know(facts),
        cards=cards(facts),
        findings=findings(facts),
        beside=(rows := beside(facts)),
        forest=figures.forest(facts, rows),
        sky=sky_pictures(facts, folder),
        honest_selections=[f["selections"][i] for i in honest],
        no_selection=why_not(facts, "superclass", HONEST) or "no selection was computed",
        unseen=_unseen(facts, honest),
        held=(lines := held_lines(facts))[:SHOWN],
        held_more=len(lines) > SHOWN,
        read={page.sha256 for page in facts.source.pages},
        curve=figures.completeness_curves("first", [facts.selections[i] for i in honest], width=450, height=108),
        reasons=reasons,
        renamed=renamed(f["source"]),
        tasks=[_task_view(facts, f, name) for name in dict.fromkeys(r.task for r in facts.results)],
    )  # fmt: skip


def renamed(source: At) -> list[tuple[At | None, list[tuple[Words, At]]]]:
    """Return the columns taken under another name: those of all pages (None), then those of pages that differ."""
    each: list[tuple[At | None, At]] = [
        (None, source["columns"]),
        *((page["name"], page["columns"]) for page in source["pages"]),
    ]
    named = [
        (page, [(n, c) for n, c in columns.pairs() if n.text.lower() != str(c.raw()).lower()]) for page, columns in each
    ]
    return [(page, columns) for page, columns in named if columns]


def _task_view(facts: Facts, f: At, name: str) -> TaskView:
    indices = [i for i, r in enumerate(facts.results) if r.task == name]
    best = {entry.arm: entry.result for entry in facts.best if entry.task == name}
    baseline = best.get(HONEST, next(iter(best.values()), None))
    return TaskView(
        name=name,
        arms=_by_arm(facts, indices),
        pairs=tuple(i for i, pair in enumerate(facts.arms) if pair.task == name),
        study_classes=_study_classes(facts, name, baseline),
        not_run=_by_reason(facts, indices),
        best=frozenset(best.values()),
        baseline=baseline,
        label=next((i for i, labels in enumerate(facts.labels) if labels.task == name), None),
        largest=max(facts.class_counts.get(name, {}).values(), default=1) or 1,
        holdout=tuple((i, h) for i in best.values() for h in range(len(facts.results[i].holdout))),
        shown=tuple(
            _shown(facts, f, name, arm, best[arm], opened=best[arm] == baseline) for arm in sorted(best, key=_arm_order)
        ),
        searches=search_views(facts, name),
    )


def _arm_order(arm: str) -> int:
    return _ARMS.index(arm) if arm in _ARMS else len(_ARMS)


def _by_arm(facts: Facts, indices: list[int]) -> tuple[tuple[int, ...], ...]:
    """The results that were run, those of one arm together, the arm without a spectrum first."""
    ran = [i for i in indices if facts.results[i].test is not None]
    arms = sorted(dict.fromkeys(facts.results[i].arm for i in ran), key=_arm_order)
    return tuple(tuple(i for i in ran if facts.results[i].arm == arm) for arm in arms)


def _study_classes(facts: Facts, task: str, index: int | None) -> str:
    """The study's classes in words where they are others than those here."""
    theirs = () if index is None or not facts.published_study else other_classes(task, scored(facts, index).per_class)
    return f"{words.labels(task, len(theirs))}, {' '.join(theirs)}" if theirs else ""


def _by_reason(facts: Facts, indices: list[int]) -> tuple[tuple[int, ...], ...]:
    """The results that were not run, those with the same reason together."""
    reasons = dict.fromkeys(facts.results[i].not_run for i in indices if facts.results[i].not_run)
    return tuple(tuple(i for i in indices if facts.results[i].not_run == reason) for reason in reasons)


def _shown(facts: Facts, f: At, task: str, arm: str, index: int, *, opened: bool) -> Shown:
    chosen = [i for i, s in enumerate(facts.selections) if (s.task, s.arm) == (task, arm)]
    trees = [i for i, r in enumerate(facts.results) if (r.task, r.arm) == (task, arm) and r.tree is not None]
    limit = label_ceiling(facts, task, "accuracy")
    matters = any(each.value > 0 for each in facts.results[index].importance)
    return Shown(
        result=index,
        open=opened,
        importance=figures.importance(f"importance-{task}-{arm}", facts.results[index]) if matters else None,
        reliability=figures.reliability(
            f"reliability-{task}-{arm}", facts.results[index], ceiling=None if limit is None else limit.value
        ),
        no_matter=bool(facts.results[index].importance) and not matters,
        curve=figures.completeness_curves(f"curve-{task}-{arm}", [facts.selections[i] for i in chosen]),
        unseen=_unseen(facts, chosen),
        selections=tuple(f["selections"][i] for i in chosen),
        tree=index if index in trees else max(trees, key=lambda i: (_validated(facts, i), -i), default=None),
    )


def _unseen(facts: Facts, chosen: list[int]) -> tuple[Words, ...]:
    """Labels that have a selection but no bin of r with objects enough for a figure."""
    return tuple(
        Words(f"selections[{i}].label", facts.selections[i].label)
        for i in chosen
        if facts.selections[i].not_run is None and all(b.completeness is None for b in facts.selections[i].curve)
    )


def _validated(facts: Facts, index: int) -> float:
    validation = facts.results[index].validation
    return validation.f1 or 0.0 if validation else 0.0


def environment() -> Environment:
    """Return the templates with their filters."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "num": _num,
        "setting": At.setting,
        "share_of": _share_of,
        "in_order": _in_order,
        "marked": marked,
        "task": words.task,
        "about": words.about,
        "arm": words.arm,
        "arm_short": words.arm_short,
        "model": words.model,
        "rebalancing": words.rebalancing,
        "class_colour": style.class_colour,
    }
    return environment


def _num(place: At, how: str = "score") -> Number | Markup:
    return place.number(Style(how))


def _in_order(classes: At, scores: At) -> list[tuple[Words, At]]:
    """The classes of a mapping in the order of the confusion matrix, others after them."""
    labels = [] if scores["confusion"].absent else [label.raw() for label in scores["confusion"]["labels"]]
    pairs = {pair[0].text: pair for pair in classes.pairs()}
    return [pairs.pop(label) for label in labels if isinstance(label, str) and label in pairs] + list(pairs.values())


def _share_of(cell: At, row: At) -> float:
    """The share of a cell in its row, 0 to 1, for shading."""
    total = sum(float(str(each.raw())) for each in row)
    return round(float(str(cell.raw())) / total, 3) if total else 0.0
