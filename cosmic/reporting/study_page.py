"""The page of the published study, redone: facts.json to study.html. Reads nothing else, computes no figure, needs no network.

The ledger of claims stands first, then a section a task; figures and the tuning tables are folded.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cosmic.facts import Facts
from cosmic.facts.file import facts_json, read_facts, write_whole
from cosmic.reporting import learning_curves, schematics, stories, study_figures, words
from cosmic.reporting.claim_answers import Verdict
from cosmic.reporting.claims import Judged, judged
from cosmic.reporting.page import environment
from cosmic.reporting.shown import At
from cosmic.reporting.skymap import sky_pictures
from cosmic.reporting.study_view import StudyTask, printed, run_and_all, study_tasks
from cosmic.reporting.style import Picture

NAME: Final = "study.html"
_OUTCOMES: Final = {
    Verdict.REPRODUCED: "reproduced",
    Verdict.NOT_REPRODUCED: "not reproduced",
    Verdict.CANNOT_TELL: "not to be told from these rows",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plate:
    """A picture of a task with its title and, where needed, how to read it."""

    title: str
    picture: Picture
    caption: str = ""


def build_study(facts_path: Path) -> Path | None:
    """Write study.html beside a facts.json and return its path; None where the facts hold nothing of the study.

    The same facts give the same bytes.

    Raises
    ------
    ArtefactCorrupt
        If facts.json or one of its arrays is missing, broken or changed.
    """
    began = time.perf_counter()
    facts = read_facts(facts_path)
    if not has_study(facts):
        return None
    html = render_study(facts, folder=facts_path.parent)
    path = write_whole(facts_path.with_name(NAME), html.encode())
    _log.info("study of %d rows, %.0f kB, %.1f s: %s", len(facts.grid), len(html) / 1000,
              time.perf_counter() - began, path)  # fmt: skip
    return path


def has_study(facts: Facts) -> bool:
    """Return whether a run redid the study."""
    return bool(facts.grid or facts.exploration)


def render_study(facts: Facts, *, folder: Path) -> str:
    """Return the page of these facts, as they are written, whose arrays are in `folder`."""
    text = facts_json(facts)
    facts, f = Facts.model_validate_json(text), At(json.loads(text))
    rows = judged(facts)
    tasks = study_tasks(facts)
    ran, _ = run_and_all(facts)
    pages = environment()
    pages.filters |= {"in_words": words.number, "outcome": _OUTCOMES.__getitem__, "measured": stories.measured, "expect": stories.expect,
                      "meaning": stories.meaning}  # fmt: skip
    return pages.get_template("study_page.html.j2").render(
        f=f,
        ledger=rows,
        verdicts=_verdicts(rows),
        none_ran=not ran,
        printed=printed(facts),
        at={row.key: i for i, row in enumerate(facts.grid)},
        tasks=tasks,
        plates={task.name: _plates(facts, task) for task in tasks},
        sky=sky_pictures(facts, folder),
        preprocessing=schematics.preprocessing(facts),
        hierarchy=schematics.hierarchy(facts),
        network=_network(facts),
    )  # fmt: skip


def _verdicts(rows: tuple[Judged, ...]) -> list[tuple[Verdict, list[Judged]]]:
    """The claims by what became of them, in the order of the verdicts."""
    return [(verdict, [row for row in rows if row.answer.verdict is verdict]) for verdict in Verdict]


def _network(facts: Facts) -> Picture | None:
    """The layers of the networks that were fitted."""
    shapes: dict[str, tuple[int, int]] = {}
    for one in facts.grid:
        if one.weights is not None and one.validation and one.features == "X0":
            shapes.setdefault(one.task, (one.weights, len(one.validation.confusion.labels)))
    return schematics.network(shapes) if shapes else None


def _plates(facts: Facts, task: StudyTask) -> list[Plate]:
    """The study's figures of a task, redrawn."""
    found: list[tuple[str, Picture | None, str]] = [
        ("Objects of each class", study_figures.class_counts(facts, task.name), "")
    ]
    explored = None if task.exploration is None else facts.exploration[task.exploration]
    if explored is not None and explored.components is not None:
        found += [
            ("Features by class", study_figures.feature_histograms(explored), "Each class by itself adds up to one."),
            ("Covariance of standardised features", study_figures.correlation(explored), ""),
            (
                "Every two features",
                study_figures.pair_plot(explored),
                "Drawn evenly from the classes, so rare ones show.",
            ),
            ("Principal components: elbow", study_figures.components_elbow(explored), ""),
            ("Principal components: loadings", study_figures.components_loadings(explored), ""),
            ("Principal components: objects", study_figures.components_scatter(explored), ""),
        ]
        found += [(f"Number of clusters, {one.method}", study_figures.clusters_elbow(explored, one), "")
                  for one in explored.clusters]  # fmt: skip
        found += [("Temperature and colour" if line.direction == "code" else "Colour and temperature, as on the slide",
                   study_figures.regression(explored, line),
                   "True by construction: both values come from one list." if line.true_by_construction else
                   "Both values belong to the template that fits best, not to the measurement.")
                  for line in explored.lines]  # fmt: skip
    found += [
        ("Networks while they learn", learning_curves.networks(facts, task.curves),
         "Means over the batches of an epoch while it learns, so the validation rows can be ahead of the training rows."),
        ("Trees, depth and neighbours", learning_curves.settings(facts, task), "Best setting of the others at each value."),
    ]  # fmt: skip
    return [Plate(title, picture, caption) for title, picture, caption in found if picture is not None]
