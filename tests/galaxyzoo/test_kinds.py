"""Strings, study labels and simplified labels are told apart."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.kinds import LabelKind, label_kind, label_kinds, refuse_mixture


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["Ei", "Sc?t", "A", None], LabelKind.STRINGS),
        (["Er", "Sb(r)"], LabelKind.STRINGS),
        (["Ee", "Sb", "SBc", "A", ""], LabelKind.STUDY),
        (["Sb", "Er"], LabelKind.STUDY),
        (["E0", "Sb"], LabelKind.SIMPLIFIED),
        (["Ei", "Sc_t"], LabelKind.SIMPLIFIED),
        (["Ee", "Sc2m"], LabelKind.SIMPLIFIED),
        ([None, ""], LabelKind.EMPTY),
    ],
)
def test_the_texts_tell_the_kind(texts: list[str | None], kind: LabelKind) -> None:
    assert label_kind(texts) is kind
    assert label_kind(pa.array(texts, pa.string())) is kind


def test_what_its_source_calls_simplified_is_simplified_whatever_its_texts() -> None:
    assert label_kind(["Sb", "SBa"], source="somebody (Simplified)") is LabelKind.SIMPLIFIED


def test_a_column_of_several_kinds_is_refused_with_their_sources() -> None:
    labels, sources = pa.array(["Sc2m", "SBa", "S0"]), pa.array(["votes", "other (simplified)", "other (simplified)"])
    assert label_kinds(labels, sources) == {"other (simplified)": "simplified labels", "votes": "gz2_class strings"}
    with pytest.raises(ConfigError, match=r"mine\.csv mixes.*other \(simplified\): simplified labels; votes"):
        refuse_mixture(labels, called="mine.csv", sources=sources)
    assert refuse_mixture(labels.slice(0, 1), called="mine.csv", sources=sources.slice(0, 1)) is LabelKind.STRINGS
