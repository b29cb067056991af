"""Quarantined rows equal those of a mask written straight from the rules, in plain numpy, on planted faults.

Nothing of the mask comes from the suite, the column definition or the key: it is a second opinion.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.contracts import REPEATS, judge
from cosmic.contracts.rowtext import UNCASTABLE
from expectations.objects import OBJECTS

Objects = Callable[[int, int], pd.DataFrame]
AsPage = Callable[[pd.DataFrame], pa.Table]
Cells = list[tuple[int, str]]

STARS = set(pd.read_csv(Path(__file__).resolve().parents[2] / "cosmic" / "data" / "star_subclass_map.csv").subClass)
AGN = {"AGN", "STARFORMING", "STARBURST"}
EXTRAGALACTIC = AGN | {f"{word} BROADLINE" for word in AGN} | {"BROADLINE"}
RANGES = {
    "plate": (1, 99999), "mjd": (50000, 80000), "fiberid": (1, 2000), "ra": (0, 360), "dec": (-90, 90),
    "redshift": (-0.011, 8), "extinction_r": (0, 60), "prob_psf": (0, 1), "clean": (0, 1), "mode": (1, 4),
}  # fmt: skip


def faulty(frame: pd.DataFrame, broken: Cells) -> tuple[set[int], set[int]]:
    """Row numbers with a fault, and those that say nothing that another row of their object does not."""
    bad = np.zeros(len(frame), dtype=bool)
    for band in "ugriz":
        values = frame[band].to_numpy(dtype=float)
        bad |= ~((values >= 1) & (values <= 40))  # NaN is in no range
    for name, (lo, hi) in RANGES.items():
        if name in frame:
            values = frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            bad |= (values < lo) | (values > hi)
    if "redshift_err" in frame:
        bad |= np.isinf(frame["redshift_err"].to_numpy(dtype=float))
    if "z_warning" in frame:
        bad |= ~frame["z_warning"].isin([0, 16]).to_numpy(dtype=bool) & frame["z_warning"].notna().to_numpy()

    nothing = pd.Series([None] * len(frame), dtype=object)
    subclass = [None if pd.isna(word) else word for word in frame.get("subclass", nothing)]
    kinds = [None if pd.isna(word) else word for word in frame.get("class", nothing)]
    redshifts = frame.get("redshift", pd.Series(np.nan, index=frame.index)).to_numpy(dtype=float)
    for place, (kind, word, redshift) in enumerate(zip(kinds, subclass, redshifts, strict=True)):
        judged_as = "STAR" if kind is None and word in STARS else kind
        if judged_as == "STAR":
            good = (word is None or word in STARS) and not abs(redshift) > 0.005
        elif judged_as == "QSO":
            good = (word is None or word in EXTRAGALACTIC) and not redshift < 0.0333
        elif judged_as == "GALAXY":
            good = (word is None or word in EXTRAGALACTIC) and not (redshift < -0.011 or redshift > 2)
        else:
            good = False
        bad[place] |= not good

    numbers = frame["row_number"].tolist()
    unreadable = set(broken)
    bad |= np.array([any(number == place for place, _ in unreadable) for number in numbers]) if unreadable else False
    groups: dict[object, list[int]] = defaultdict(list)
    for place, row in enumerate(frame.to_dict("records")):
        groups[identity(row)].append(place)
    repeats: set[int] = set()
    for places in groups.values():
        if len(places) == 1:
            continue
        contents = {
            place: content(frame, place, {name for number, name in unreadable if number == numbers[place]})
            for place in places
        }
        most = max(len(said) for said in contents.values())
        full = [place for place in places if len(contents[place]) == most]
        alike = all(said == contents[full[0]] for said in contents.values())
        guessed = any(number == numbers[place] for number, _ in unreadable for place in places)
        if alike or (not guessed and all(said <= contents[full[0]] for said in contents.values())):
            repeats |= {numbers[place] for place in places if place != full[0]}
        else:
            bad[places] = True
    return {number for number, wrong in zip(numbers, bad, strict=True) if wrong}, repeats


def identity(row: dict[str, object]) -> object:
    """What makes two rows the same object: spectrum id, else plate-mjd-fibre, else magnitudes to 1e-5 and labels."""

    def has(name: str) -> bool:
        return name in row and not pd.isna(row[name])

    if has("spec_obj_id"):
        return int(str(row["spec_obj_id"]))
    if all(has(name) for name in ("plate", "mjd", "fiberid")):
        return tuple(int(str(row[name])) for name in ("plate", "mjd", "fiberid"))
    bands = tuple(
        round(float(str(row[b])) * 1e5) if has(b) and math.isfinite(float(str(row[b]))) else None for b in "ugriz"
    )
    return (*bands, *(row[name] if has(name) else "" for name in ("class", "subclass")))


def content(frame: pd.DataFrame, place: int, unreadable: set[str]) -> set[tuple[object, object]]:
    """All values of a row by column; a cell that could not be read is a value of its own."""
    row = frame.drop(columns="row_number").iloc[place]
    return {
        (name, "unreadable" if name in unreadable else value)
        for name, value in row.items()
        if name in unreadable or not pd.isna(value)
    }


def compare(frame: pd.DataFrame, broken: Cells, as_page: AsPage) -> None:
    for number, column in broken:
        frame.loc[frame["row_number"] == number, column] = None
    cells = [{"row_number": number, "column": column, "value": "n/k"} for number, column in broken]
    judged = judge(as_page(frame), uncastable=pa.Table.from_pylist(cells, schema=UNCASTABLE), suite=OBJECTS)
    bad, repeats = faulty(frame, broken)
    assert set(judged.quarantined["row_number"].to_pylist()) == bad | repeats
    assert set(judged.valid["row_number"].to_pylist()) == set(frame["row_number"]) - bad - repeats
    rows = judged.quarantined.to_pylist()
    assert {row["row_number"] for row in rows if row["reasons"] == [REPEATS]} == repeats - bad
    assert judged.valid.num_rows + judged.quarantined.num_rows == len(frame)


MAGNITUDES = st.sampled_from([None, 0.999, 1.0, 18.123456, 40.0, 40.001, -9999.0, 9999.0, -1000.0, math.inf, -math.inf])
POOLS: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys("ugriz", MAGNITUDES),
    "class": st.sampled_from([None, "GALAXY", "QSO", "STAR", "galaxy", "SKY"]),
    "subclass": st.sampled_from([None, "K1", "WD", "CV", "K5 (G_19-24)", "AGN", "BROADLINE", "Odd", "k1"]),
    "redshift": st.sampled_from([None, -0.0111, -0.011, 0, 0.005, 0.00501, 0.0333, 0.03329, 2.0, 2.001, 8.0, 8.01, -9999.0]),
    "redshift_err": st.sampled_from([None, -4.0, math.inf, -math.inf]),
    "z_warning": st.sampled_from([None, 0, 16, 4, 20, -1]),
    "ra": st.sampled_from([None, 0.0, 360.0, 360.001, -0.001]),
    "dec": st.sampled_from([None, -90.0, 90.0, 90.001]),
    "extinction_r": st.sampled_from([None, 0.0, -0.001, 60.001]),
    "prob_psf": st.sampled_from([None, 0.0, 1.0, 1.001, -9999.0]),
    "plate": st.sampled_from([None, 0, 1, 99999, 100000]),
    "mjd": st.sampled_from([None, 49999, 50000, 80000, 80001]),
    "fiberid": st.sampled_from([None, 0, 1, 2000, 2001]),
    "spec_obj_id": st.sampled_from([None, "9223372036854775808", "09223372036854775808", "18446744073709551615"]),
}  # fmt: skip
ROWS = 120
PLACES = st.integers(0, ROWS - 1)
PLANTS = st.lists(
    st.sampled_from(sorted(POOLS)).flatmap(lambda name: st.tuples(PLACES, st.just(name), POOLS[name])),
    min_size=12,
    max_size=60,
)
COPIES = st.lists(st.tuples(PLACES, PLACES), max_size=6)
BROKEN = st.lists(st.tuples(PLACES, st.sampled_from(["u", "redshift", "plate", "ra"])), max_size=4, unique=True)


@settings(max_examples=10, deadline=None)  # each judges a page, half a second
@given(seed=st.integers(0, 9), plants=PLANTS, copies=COPIES, broken=BROKEN)
def test_planted_faults_of_generated_pages(
    good_objects: Objects, as_page: AsPage, seed: int, plants: list[tuple[int, str, object]],
    copies: list[tuple[int, int]], broken: list[tuple[int, str]],
) -> None:  # fmt: skip
    frame = good_objects(ROWS, seed)
    for place, name, value in plants:
        frame.loc[place, name] = value
    for source, target in copies:
        kept = frame.loc[target, "row_number"]
        frame.loc[target] = frame.loc[source]
        frame.loc[target, "row_number"] = kept
    compare(frame, [(place + 1, name) for place, name in broken], as_page)


def test_planted_faults_of_the_real_spectra(real_objects: Callable[[str], pd.DataFrame], as_page: AsPage) -> None:
    frame = real_objects("spectra").iloc[:20_000].reset_index(drop=True)
    rng = np.random.default_rng(11)
    for band in "ugriz":
        frame.loc[rng.choice(len(frame), 40), band] = rng.choice([-9999.0, 9999.0, 0.5, 45.0, np.nan, np.inf], 40)
    frame.loc[rng.choice(len(frame), 60), "redshift"] = rng.choice([-0.02, 0.004, 0.006, 0.02, 2.5, 9.0, np.nan], 60)
    frame.loc[rng.choice(len(frame), 60), "class"] = rng.choice(
        np.array(["STAR", "QSO", "GALAXY", "?", None], object), 60
    )
    frame.loc[rng.choice(len(frame), 60), "subclass"] = rng.choice(np.array(["K1", "AGN", "Odd", None], object), 60)
    frame.loc[rng.choice(len(frame), 20), "dec"] = 91.0
    frame.loc[rng.choice(len(frame), 20), "plate"] = pd.NA
    copied = frame.iloc[rng.choice(len(frame), 50, replace=False)].copy()
    changed = frame.iloc[rng.choice(len(frame), 50, replace=False)].copy()
    changed["r"] += 0.01
    frame = pd.concat([frame, copied, changed], ignore_index=True)
    frame["row_number"] = np.arange(1, len(frame) + 1)
    broken = [(int(number), "g") for number in rng.choice(len(frame), 20, replace=False) + 1]
    compare(frame, broken, as_page)
