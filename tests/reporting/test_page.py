"""One file, from the facts alone: every number in the facts, the same bytes each time, nothing fetched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.errors import ArtefactCorrupt
from cosmic.facts.file import write_facts
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.page import build, render
from cosmic.reporting.style import class_colour
from tests.reporting.sample_facts import sample_facts

KINDS: dict[str, dict[str, bool]] = {
    "real": {},
    "simulated": {"simulated": True},
    "first": {"first": True},
    "bare": {"bare": True, "first": True},
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[f.Facts, Path]]:
    found = {}
    for kind, options in KINDS.items():
        folder = tmp_path_factory.mktemp(kind)
        facts = sample_facts(folder, **options)
        found[kind] = (facts, build(write_facts(facts, folder)))
    return found


class _Text(HTMLParser):
    """The text of a page with the ids and links that it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.addresses += [given[name] for name in ("href", "src", "xlink:href", "srcset", "action") if name in given]


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_on_the_page_stands_in_the_facts(kind: str, pages: dict[str, tuple[f.Facts, Path]]) -> None:
    facts, path = pages[kind]
    html = path.read_text()
    assert numbers_not_in_facts(html, facts) == []
    assert html.count("data-fact=") > 100


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_needs_nothing_from_outside(kind: str, pages: dict[str, tuple[f.Facts, Path]]) -> None:
    reader = _Text()
    reader.feed(pages[kind][1].read_text())
    outside = [a for a in reader.addresses if not a.startswith(("#", "data:")) and a != "facts.json"]
    assert outside == []
    assert len(pages[kind][1].read_bytes()) < 3_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_unique_and_links_inside_the_page_arrive(kind: str, pages: dict[str, tuple[f.Facts, Path]]) -> None:
    reader = _Text()
    reader.feed(pages[kind][1].read_text())
    assert len(reader.ids) == len(set(reader.ids))
    assert {a[1:] for a in reader.addresses if a.startswith("#")} <= set(reader.ids)


class _Nesting(HTMLParser):
    """Elements that are closed in another order than they were opened, or never."""

    VOID = frozenset({"br", "link", "meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self.open:
            self.wrong.append(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.parametrize("kind", KINDS)
def test_elements_are_closed_in_order(kind: str, pages: dict[str, tuple[f.Facts, Path]]) -> None:
    reader = _Nesting()
    reader.feed(pages[kind][1].read_text())
    assert reader.wrong + reader.open == []


def test_the_same_facts_give_the_same_bytes_even_drawn_at_once(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    facts, path = pages["bare"]
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(render(facts, folder=path.parent))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [path.read_text()] * 3


def test_another_process_gives_the_same_bytes(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    _, path = pages["bare"]
    before = path.read_bytes()
    code = "import sys, pathlib; from cosmic.reporting.page import build; build(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(path.with_name("facts.json"))], check=True)
    assert path.read_bytes() == before


def test_a_simulated_sky_is_named_and_carries_no_published_figure(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    html = pages["simulated"][1].read_text()
    assert "SIMULATED SKY" in html
    assert "REAL SKY" not in html
    body = html[html.index("<body") : html.index("<script>")]
    assert "mark published" not in body
    assert "published_study" not in body
    assert "Published beside ours" not in body
    real = pages["real"][1].read_text()
    assert "REAL SKY" in real
    assert "mark published" in real[real.index("<body") :]


def test_the_first_screen_keeps_its_order(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    html = pages["real"][1].read_text()
    marks = ['class="band"', 'class="verdict"', 'class="cards"', 'class="purity"', "The sky of this run",
             "Since the last run", 'class="things"', "copy command", 'id="findings"', 'id="published"',
             'id="task-superclass"', 'id="hierarchy"', 'id="provenance"']  # fmt: skip
    positions = [html.index(mark, html.index("<body")) for mark in marks]
    assert positions == sorted(positions)


def test_what_was_not_run_says_why(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    facts, path = pages["real"]
    html = path.read_text()
    for i, result in enumerate(facts.results):
        if result.not_run:
            assert f'data-fact-text="results[{i}].not_run"' in html


def test_a_first_run_says_that_there_is_nothing_to_compare(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    assert "This is the first run here" in pages["first"][1].read_text()
    assert "This is the first run here" not in pages["real"][1].read_text()


def test_every_picture_has_words(pages: dict[str, tuple[f.Facts, Path]]) -> None:
    html = pages["real"][1].read_text()
    alts = re.findall(r'role="img" aria-label="([^"]+)"', html)
    assert len(alts) == html.count("<svg ") > 8
    assert all(len(alt) > 30 for alt in alts)


def test_a_label_with_markup_is_text(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True, first=True)
    evil = "<script>alert(1)</script>"
    document = json.loads(facts.model_dump_json().replace("quasar", evil))
    document["source"]["names"] = [evil]
    html = render(f.Facts.model_validate(document), folder=tmp_path)
    assert evil not in html
    assert "&lt;script&gt;alert" in html


def test_an_array_that_changed_is_named(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path)
    assert facts.sky is not None
    assert facts.sky.test is not None
    (tmp_path / facts.sky.test.file).write_bytes(b"")
    with pytest.raises(ArtefactCorrupt, match="has changed"):
        build(write_facts(facts, tmp_path))


def test_facts_without_a_single_model_give_a_page_too(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True, first=True).model_copy(
        update={
            "results": (f.Result(task="superclass", arm="photometric", not_run="no labels in 3 rows"),),
            "best": (), "selections": (), "labels": (), "class_counts": {}, "coverage": (), "machine": f.Machine(),
        }
    )  # fmt: skip
    html = render(facts, folder=tmp_path)
    assert "No model could be trained" in html
    assert numbers_not_in_facts(html, facts) == []


def test_a_class_has_one_colour_whatever_its_spelling() -> None:
    assert class_colour("quasar") == class_colour("QSO")
    assert class_colour("GALAXY") == class_colour("galaxy")
    assert class_colour("D") != class_colour("d")
    assert class_colour("SBb") == class_colour("SBb")


def test_a_task_that_no_arm_ran_of_shows_its_classes_all_the_same(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True, first=True)
    assert all(result.not_run for result in facts.results if result.task == "star")
    facts = facts.model_copy(update={
        "class_counts": {**facts.class_counts, "star": {"A": 77}}, "dropped_classes": {"star": {"O": 31}},
        "labels": (*facts.labels, f.LabelFacts(task="star", rule="letter", excluded={"CV": 41})),
    })  # fmt: skip
    for counts in (facts.class_counts, {"superclass": facts.class_counts["superclass"]}):
        shown = facts.model_copy(update={"class_counts": counts})
        html = render(shown, folder=tmp_path)
        assert numbers_not_in_facts(html, shown) == []
        text = re.sub(r"<[^>]+>|\s+", " ", html)
        assert re.search(r"Dropped, too few objects: +O +\( 31 \)", text)
        assert re.search(r"CV +\( 41 \)", text)


def test_an_arm_says_how_good_its_probabilities_are_and_which_classes_it_does_not_know(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path)
    best = next(entry.result for entry in facts.best if (entry.task, entry.arm) == ("superclass", "published"))
    results = list(facts.results)
    test = results[best].test
    assert test is not None
    results[best] = results[best].model_copy(
        update={
            "dropped_classes": {"quasar": 43},
            "test": test.model_copy(update={"log_loss": 0.317, "brier": 0.123}),
        }
    )
    facts = facts.model_copy(update={"results": tuple(results)})
    html = render(facts, folder=tmp_path)
    assert numbers_not_in_facts(html, facts) == []
    text = re.sub(r"<[^>]+>|\s+", " ", html)
    assert re.search(r"log loss +0\.317 *, Brier score +0\.123", text)
    assert re.search(r"This arm does not know +quasar +\( 43 \)", text)
