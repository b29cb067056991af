"""Decoded images get labels of a scheme and a part of the split; what has none is counted, and says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.errors import ArtefactCorrupt
from cosmic.galaxyzoo.grammar import LABELS, build_strings
from cosmic.galaxyzoo.soft import soft_labels
from cosmic.galaxyzoo.tree import ARTEFACT, COLUMN, STEMS
from cosmic.galaxyzoo.votes import FRACTIONS, list_column
from cosmic.images import labelling
from cosmic.images import pixels as decoded
from cosmic.images.labelling import facts_of, label, load, usable_schemes
from cosmic.images.pixels import ROWS
from cosmic.images.records import ImageData, Pixels, Scheme
from cosmic.images.rules import CLEAN, clean5
from cosmic.records import Sky, SplitName
from cosmic.splits import PARTS
from tests.galaxyzoo.made import FRACTIONS as SOME_VOTES
from tests.galaxyzoo.made import random_fractions


def answered(**answers: float) -> np.ndarray:
    """Return votes of one galaxy in which these answers (``a16``) have these fractions and all others none."""
    fractions = np.zeros((1, len(STEMS)))
    for name, value in answers.items():
        fractions[0, COLUMN[int(name[1:])]] = value
    return fractions


def decoded_images(home: Path, n: int, **columns: object) -> Pixels:
    """Return pixels of n images, every one of its own galaxy, with these columns of what is known of them."""
    names = [f"{at:04}" for at in range(n)]
    plain: dict[str, object] = {"image": names, "galaxy": names, "kin": names, "sha256": names, "looks": names}
    plain |= {
        "block": [f"galaxy:{name}" for name in names],
        "place": list(range(n)),
        "width": [64] * n,
        "height": [64] * n,
    }
    plain |= columns
    arrays = [
        value if isinstance(value, pa.Array) else pa.array(value, ROWS.field(name).type)
        for name in ROWS.names
        for value in [plain.get(name, [None] * n)]
    ]
    home.mkdir(exist_ok=True)
    pq.write_table(pa.table(arrays, schema=ROWS), home / "rows.parquet")
    np.save(home / "pixels.npy", np.arange(n * 2 * 2 * 3, dtype=np.uint8).reshape(n, 2, 2, 3))
    for name in ("rows.parquet", "pixels.npy"):
        digest = decoded.artefacts.sha256_of(home / name)
        (home / f"{name}.sha256").write_text(f"{digest}\n")
    return Pixels(
        f"id-{n}", home / "pixels.npy", home / "rows.parquet", home / "bad.parquet", n, 2, 1.0, Sky.REAL, "tests"
    )


def labelled(pixels: Pixels, scheme: Scheme | None = None, **changed: object) -> ImageData:
    given_: dict[str, object] = {"min_class_size": 2, "split": SplitName.SKY, "salt": "s", "seed": 0}
    return label(pixels, scheme=scheme, folder=pixels.path.parent, **given_ | changed)  # type: ignore[arg-type]


def classes(fractions: np.ndarray) -> list[str | None]:
    return [CLEAN[code] if code >= 0 else None for code in clean5(fractions).tolist()]


def votes(fractions: np.ndarray) -> pa.Array:
    return list_column(fractions, FRACTIONS, rows=len(fractions))


@pytest.mark.parametrize(
    ("fractions", "name"),
    [
        (answered(a1=0.469, a16=0.5), "round"),
        (answered(a1=0.468, a16=0.9), None),
        (answered(a1=0.8, a17=0.5, a16=0.4), "in_between"),
        (answered(a1=0.8, a18=0.5), "cigar"),
        (answered(a2=0.430, a4=0.602), "edge_on"),
        (answered(a2=0.430, a4=0.601), None),
        (answered(a5=0.715, a8=0.619), "spiral"),
        (answered(a5=0.715, a8=0.618), None),
        (answered(a1=0.5, a16=0.9, a2=0.5, a4=0.9), None),
        (answered(a1=0.8, a16=0.5, a17=0.5), None),
        (np.full((1, 37), np.nan), None),
    ],
)
def test_clean_classes_are_those_that_volunteers_are_sure_of(fractions: np.ndarray, name: str | None) -> None:
    assert classes(fractions) == [name]


def test_the_schemes_that_images_allow_begin_with_the_default(tmp_path: Path) -> None:
    def usable(**columns: object) -> tuple[Scheme, ...]:
        return usable_schemes(decoded.read_rows(decoded_images(tmp_path, 2, **columns)))

    both = votes(random_fractions(2))
    assert usable(gz2_class=["Ei", None], fractions=both) == (Scheme.HUBBLE14, Scheme.VOTES, Scheme.CLEAN5)
    assert usable(label=["round", "cigar"]) == (Scheme.CLEAN5, Scheme.GIVEN)
    assert usable(label=["round", "red"]) == (Scheme.GIVEN,)
    assert usable(label=["round", "red"], fractions=both) == (Scheme.GIVEN, Scheme.VOTES, Scheme.CLEAN5)
    assert usable() == ()


def test_hubble14_is_the_studys_label_of_the_string(tmp_path: Path) -> None:
    strings = ["Ei(m)", "Sc?t"] * 30 + ["A", "SBd2m", "nonsense", None]
    data = labelled(decoded_images(tmp_path, 64, gz2_class=strings))
    assert (data.scheme, data.names, data.dropped) == (Scheme.HUBBLE14, ("Ee", "Sc"), {"SBd": 1})
    images = load(data)
    assert [images.names[code] for code in images.codes] == ["Ee", "Sc"] * 30
    assert facts_of(data).excluded == {"artefact": 1, "no gz2_class": 1, "unknown nonsense": 1}


def test_clean5_is_of_the_column_that_holds_its_names_else_of_the_votes(tmp_path: Path) -> None:
    named = labelled(decoded_images(tmp_path / "a", 60, label=["spiral", "cigar"] * 30))
    assert named.names == ("cigar", "spiral")
    sure = np.vstack([answered(a1=0.8, a16=0.9), answered(a5=0.9, a8=0.9), answered(a1=0.1)] * 30)
    voted = labelled(decoded_images(tmp_path / "b", 90, fractions=votes(sure)), Scheme.CLEAN5)
    assert voted.names == ("round", "spiral")
    assert facts_of(voted).excluded == {"volunteers not sure enough": 30}
    assert set(voted.names) < set(CLEAN)


def test_votes_give_probabilities_of_the_kept_labels_and_the_likeliest_as_code(tmp_path: Path) -> None:
    fractions = random_fractions(400, seed=3)
    fractions[0] = answered(a3=0.9, a1=0.1)[0]
    fractions[1] = answered(a3=1.0)[0]
    fractions[2] = np.nan
    data = labelled(decoded_images(tmp_path, 400, fractions=votes(fractions)), Scheme.VOTES, min_class_size=20)
    images = load(data)
    assert images.soft is not None
    assert images.soft.shape == (len(images.codes), len(data.names))
    assert np.allclose(images.soft.sum(axis=1), 1, atol=1e-5)
    assert (images.soft.argmax(axis=1) == images.codes).all()
    wanted = soft_labels(fractions[images.rows]).probability[:, [LABELS.index(name) for name in data.names]]
    assert np.allclose(images.soft, wanted / wanted.sum(axis=1, keepdims=True), atol=1e-6)
    artefacts = sum(string == "A" for string in build_strings(fractions).to_pylist())
    assert facts_of(data).excluded == {"no votes": 1, "artefact": artefacts}
    assert not set(images.rows.tolist()) & {0, 1, 2}


def test_a_given_label_stands_as_it_is(tmp_path: Path) -> None:
    data = labelled(decoded_images(tmp_path, 60, label=["Sa", "E0", None] * 20))
    assert (data.scheme, data.names) == (Scheme.GIVEN, ("E0", "Sa"))
    assert facts_of(data).excluded == {"no label": 20}


@pytest.mark.parametrize(
    ("labels", "changed", "said"),
    [
        ([None] * 60, {}, "no image has a label"),
        (["a", "b"] * 30, {"scheme": Scheme.HUBBLE14}, "labels for given alone"),
        (["a", "b"] * 30, {"min_class_size": 31}, "fewer than two classes have 31 images (a 30, b 30)"),
        (["a", "a", "b", "b"], {}, "part: too few galaxies"),
    ],
)
def test_what_cannot_be_labelled_says_why(
    tmp_path: Path, labels: list[str], changed: dict[str, object], said: str
) -> None:
    data = labelled(decoded_images(tmp_path, len(labels), label=labels), **changed)
    assert data.path is None
    assert said in str(data.not_run)
    with pytest.raises(ValueError, match="no labelled images"):
        load(data)


def test_a_class_that_a_part_lacks_is_told(tmp_path: Path) -> None:
    data = labelled(decoded_images(tmp_path, 102, label=["a"] * 100 + ["b"] * 2))
    notes = facts_of(data).notes
    assert notes
    assert all(note.startswith("no ") and note.endswith(" image of b") for note in notes)
    told = facts_of(data).parts["b"]
    assert {note.split()[1] for note in notes} == {part for part in PARTS if told[part].n == 0}


def test_pixels_come_in_the_order_of_the_labels(tmp_path: Path) -> None:
    images = load(labelled(decoded_images(tmp_path, 60, label=["a", None, "b"] * 20)))
    assert images.rows.tolist() == [at for at in range(60) if at % 3 != 1]
    assert images.pixels.shape == (60, 2, 2, 3)
    assert images.table["image"].to_pylist() == [f"{at:04}" for at in images.rows]
    assert not images.pixels.flags.writeable


def test_the_same_labels_have_the_same_id_and_another_threshold_another(tmp_path: Path) -> None:
    pixels = decoded_images(tmp_path, 60, label=["a", "b"] * 30)
    assert labelled(pixels) == labelled(pixels)
    ids = {labelled(pixels, **changed).id for changed in ({}, {"min_class_size": 3}, {"salt": "t"})}
    assert len(ids) == 3
    assert facts_of(labelled(pixels, min_class_size=3)).min_class_size == 3


def test_other_pixels_of_the_same_images_are_found_by_their_files(tmp_path: Path) -> None:
    data = labelled(decoded_images(tmp_path / "one", 60, label=["a", "b"] * 30))
    back = [f"{at:04}" for at in reversed(range(60))]
    other = decoded_images(tmp_path / "two", 60, sha256=back)
    assert load(data, other).rows.tolist() == [59 - at for at in load(data).rows]
    with pytest.raises(ArtefactCorrupt, match="lacks 10 of the images"):
        load(data, decoded_images(tmp_path / "three", 50))


@settings(max_examples=25, deadline=None)
@given(
    kin=st.lists(st.integers(0, 30), min_size=40, max_size=60),
    split=st.sampled_from(SplitName),
    seed=st.integers(0, 3),
)
def test_one_galaxy_and_one_content_are_in_one_part(kin: list[int], split: SplitName, seed: int) -> None:
    names = [f"k{one:02}" for one in kin]
    rows = pa.table({"kin": names, "block": [f"galaxy:{name}" for name in names]})
    side = labelling._parts(rows, split=split, salt=str(seed), seed=seed)
    assert all(len(set(side[np.array(names) == name])) == 1 for name in names)
    assert set(side.tolist()) <= {0, 1, 2}


@settings(max_examples=30, deadline=None)
@given(fractions=SOME_VOTES)
def test_no_galaxy_is_sure_of_a_class_below_its_thresholds(fractions: np.ndarray) -> None:
    for row, name in zip(fractions, classes(fractions), strict=True):
        if name in CLEAN[:3]:
            assert row[COLUMN[1]] >= 0.469
        assert name != "edge_on" or row[COLUMN[4]] >= 0.602
    assert COLUMN[3] == ARTEFACT
