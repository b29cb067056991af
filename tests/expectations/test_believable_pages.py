"""Pages of the real sky pass, whatever objects they hold; pages whose magnitudes cannot be those of a sky do not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pandas as pd
import pyarrow as pa
import pytest

from cosmic.columns import BANDS
from cosmic.contracts import Limits, PageProfile, judge
from cosmic.contracts.pages import examine
from cosmic.contracts.profile import measure
from cosmic.contracts.rowtext import UNCASTABLE
from expectations.objects import OBJECTS

Objects = Callable[[int, int], pd.DataFrame]
AsPage = Callable[[pd.DataFrame], pa.Table]
RealObjects = Callable[[str], pd.DataFrame]
NO_CELLS = pa.Table.from_pylist([], schema=UNCASTABLE)


def profile(frame: pd.DataFrame) -> PageProfile:
    return measure(pa.table({"row_number": range(len(frame))}), frame=frame, shape=OBJECTS.shape)


def problems(frame: pd.DataFrame, baseline: pd.DataFrame | None = None) -> list[str]:
    before = None if baseline is None else profile(baseline)
    findings = examine(profile(frame), faulty=0, shape=OBJECTS.shape, baseline=before, limits=Limits())
    return [finding.problem for finding in findings if finding.problem]


def swapped(frame: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    return frame.assign(**{a: frame[b], b: frame[a]})


def test_a_generated_page_is_believed(good_objects: Objects) -> None:
    assert problems(good_objects(600, 1)) == []


@pytest.mark.parametrize(("a", "b"), list(combinations(BANDS, 2)))
def test_swapped_bands_of_galaxies_are_seen_without_a_baseline(good_objects: Objects, a: str, b: str) -> None:
    frame = good_objects(600, 1)
    page = swapped(frame[frame["class"] == "GALAXY"], a, b)
    assert any("set COSMIC_MAX_COLOUR_DISTANCE" in problem for problem in problems(page))
    assert any(
        "set COSMIC_MAX_COLOUR_SHIFT" in problem for problem in problems(page, frame[frame["class"] == "GALAXY"])
    )


@pytest.mark.parametrize("band", "griz")
@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_a_band_off_by_a_magnitude_is_seen_without_a_baseline(good_objects: Objects, band: str, shift: float) -> None:
    frame = good_objects(600, 1)
    page = frame.assign(**{band: frame[band] + shift})
    assert any("set COSMIC_MAX_COLOUR_DISTANCE" in problem for problem in problems(page))


@pytest.mark.parametrize("shift", [-0.4, 0.4])
def test_u_off_by_less_is_seen_beside_the_last_page(good_objects: Objects, shift: float) -> None:
    frame = good_objects(600, 1)
    found = problems(frame.assign(u=frame["u"] + shift), frame)
    assert [problem for problem in found if "set COSMIC_MAX_COLOUR_SHIFT" in problem and "u - g" in problem]


def test_all_bands_off_are_seen_beside_the_last_page(good_objects: Objects) -> None:
    frame = good_objects(600, 1)
    found = problems(frame.assign(**{band: frame[band] + 1.0 for band in BANDS}), frame)
    assert len([problem for problem in found if "set COSMIC_MAX_MEDIAN_SHIFT" in problem]) == 5


def test_nanomaggies_in_place_of_magnitudes_are_seen(good_objects: Objects) -> None:
    frame = good_objects(600, 1)
    found = problems(frame.assign(**{band: 10 ** ((22.5 - frame[band]) / 2.5) for band in BANDS}))
    assert any("set COSMIC_MAX_COLOUR_DISTANCE" in problem for problem in found)
    assert any("Check which column this is, and its unit" in problem for problem in found)


def test_sentinels_and_infinities_do_not_move_medians(good_objects: Objects) -> None:
    frame = good_objects(600, 1)
    frame.loc[200:, "u"] = [-9999.0, 9999.0, -1000.0, float("inf")] * 100
    assert profile(frame).medians["u"] == frame["u"][:200].median()
    assert profile(frame).medians["u - g"] == (frame["u"] - frame["g"])[:200].median()


@pytest.mark.parametrize(
    ("name", "at_most"),
    [
        ("spectra", 60),
        ("spectra_with_subclass", 10),
        ("stars", 35),
        ("specphoto_999rows_122columns", 64),
    ],
)
def test_real_tables_pass_with_few_rows_set_aside(
    real_objects: RealObjects, as_page: AsPage, name: str, at_most: int
) -> None:
    judged = judge(as_page(real_objects(name)), uncastable=NO_CELLS, suite=OBJECTS)
    assert judged.problems == ()
    assert judged.quarantined.num_rows <= at_most


@pytest.mark.parametrize("name", ["spectra", "stars", "specphoto_999rows_122columns"])
def test_real_pages_of_one_kind_of_object_are_believed(real_objects: RealObjects, name: str) -> None:
    frame = real_objects(name)
    kinds = frame["class"] if "class" in frame else pd.Series("STAR", index=frame.index)
    pages = {kind: frame[kinds == kind] for kind in ("GALAXY", "QSO", "STAR")}
    pages |= {"faint": frame[frame["r"] > 20.5], "bright": frame[(frame["r"] > 0) & (frame["r"] < 16.5)]}
    if "subclass" in frame and name == "stars":
        pages |= {word: frame[frame["subclass"] == word] for word in ("WD", "M5", "L9", "Carbon", "A0", "OB", "CV")}
    pages |= {
        f"{kind} {seed}": page.sample(min(len(page), 60), random_state=seed)
        for seed in range(3)
        for kind, page in pages.items()
    }
    refused = {kind: found for kind, page in pages.items() if len(page) and (found := problems(page))}
    assert refused == {}


def test_real_pages_with_swapped_bands_are_seen(real_objects: RealObjects) -> None:
    frame = real_objects("spectra")
    unseen = [(a, b) for a, b in combinations(BANDS, 2) if not problems(swapped(frame, a, b))]
    assert unseen == []
    shifted = {band: [s for s in (-1, 1) if not problems(frame.assign(**{band: frame[band] + s}))] for band in BANDS}
    assert shifted == {"u": [-1, 1], "g": [], "r": [], "i": [], "z": []}  # u - g of real populations spans 3 mag
