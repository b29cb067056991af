"""Strings, study labels and simplified labels are told apart."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cosmic.galaxyzoo.kinds import LabelKind, label_kind


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
