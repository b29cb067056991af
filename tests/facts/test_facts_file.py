"""Same facts, same bytes; broken files are named; two runs are equal when their facts are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.errors import ArtefactCorrupt
from cosmic.facts import Facts
from cosmic.facts.file import (
    child,
    count_cells,
    facts_equal,
    facts_json,
    leaves,
    read_array,
    read_facts,
    write_array,
    write_facts,
)
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return sample_facts(tmp_path_factory.mktemp("facts"))


def test_what_is_written_is_read_back_and_written_alike(facts: Facts, tmp_path: Path) -> None:
    path = write_facts(facts, tmp_path)
    again = write_facts(read_facts(path), tmp_path / "again")
    assert path.read_bytes() == again.read_bytes()
    assert path.read_text().endswith("}\n")
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["facts.json"]


def test_floats_have_six_significant_digits_and_no_negative_zero(facts: Facts) -> None:
    changed = facts.model_copy(update={"purity_target": 0.123456789, "interval_level": -0.0})
    written = json.loads(facts_json(changed))
    assert written["purity_target"] == 0.123457
    assert str(written["interval_level"]) == "0.0"


def test_equal_facts_do_not_differ(facts: Facts, tmp_path: Path) -> None:
    assert facts_equal(facts, write_facts(facts, tmp_path)) == []


def test_run_machine_times_and_memory_are_set_aside(facts: Facts) -> None:
    slower = facts.results[0].model_copy(update={"fit_s": 99.0, "predict_s": 9.0, "peak_mb": 9000.0})
    other = facts.model_copy(
        update={
            "run": facts.run.model_copy(update={"id": "another", "previous": None}),
            "machine": facts.machine.model_copy(update={"cores": 64}),
            "results": (slower, *facts.results[1:]),
        }
    )
    assert facts_equal(facts, other) == []


def test_every_difference_is_named_by_its_path(facts: Facts) -> None:
    test = facts.results[1].test
    assert test is not None
    worse = facts.results[1].model_copy(update={"test": test.model_copy(update={"f1": 0.5})})
    other = facts.model_copy(
        update={
            "results": (facts.results[0], worse, *facts.results[2:]),
            "ingest": facts.ingest.model_copy(update={"reasons": {}}),
            "seed": 7,
        }
    )
    assert facts_equal(facts, other) == [
        "ingest.reasons",
        "ingest.reasons.class: unknown string 'GALXY'",
        "ingest.reasons.i: sentinel -9999",
        "ingest.reasons.redshift above 8",
        "results[1].test.f1",
        "seed",
    ]


def test_a_difference_below_what_is_written_is_none(facts: Facts) -> None:
    assert facts_equal(facts, facts.model_copy(update={"purity_target": facts.purity_target + 1e-9})) == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema_version": 2}', b"[]"])
def test_a_broken_file_is_named_with_what_to_do(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(ArtefactCorrupt, match=r"facts\.json .*Run the pipeline again"):
        read_facts(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactCorrupt, match="cannot be read"):
        read_facts(tmp_path / "facts.json")


def test_an_array_is_named_by_its_digest_and_checked_when_read(tmp_path: Path) -> None:
    array = count_cells(np.array([7, 3, 7]))
    ref = write_array(array, tmp_path)
    assert ref.file == f"{ref.sha256}.npy"
    assert read_array(ref, tmp_path).tolist() == [[3, 1], [7, 2]]
    assert write_array(array, tmp_path) == ref
    (tmp_path / ref.file).write_bytes(b"something else")
    with pytest.raises(ArtefactCorrupt, match="has changed"):
        read_array(ref, tmp_path)
    (tmp_path / ref.file).unlink()
    with pytest.raises(ArtefactCorrupt, match="cannot be read"):
        read_array(ref, tmp_path)


@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_every_member_has_a_path_of_its_own(document: dict[str, int]) -> None:
    found = leaves({"a": dict(document)})
    assert sorted(found.values()) == sorted(document.values())
    assert set(found) == {child("a", name) for name in document}
