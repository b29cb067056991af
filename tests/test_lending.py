from __future__ import annotations

import pyarrow as pa

from cosmic.columns import OBJECT_SCHEMA
from cosmic.lending import complete

MAGS = {"u": 19.0, "g": 18.0, "r": 17.0, "i": 16.0, "z": 15.0}


def one(**cells: object) -> pa.Table:
    return pa.table({name: pa.array([value], OBJECT_SCHEMA.field(name).type) for name, value in (MAGS | cells).items()})


def given(row: pa.Table, donor: pa.Table) -> dict[str, object]:
    return dict(complete(row, donor).to_pylist()[0])


def test_a_value_is_never_overwritten_and_a_gap_is_filled() -> None:
    filled = given(one(ra=10.0, extinction_r=None), one(ra=11.0, dec=5.0, extinction_r=0.1))
    assert (filled["ra"], filled["dec"], filled["extinction_r"]) == (10.0, 5.0, 0.1)


def test_labels_and_redshift_cross_where_the_class_is_the_same() -> None:
    filled = given(
        one(**{"class": "STAR"}), one(**{"class": "STAR"}, subclass="K5", redshift=0.0001, elodie_teff=5000.0)
    )
    assert (filled["subclass"], filled["redshift"], filled["elodie_teff"]) == ("K5", 0.0001, 5000.0)


def test_labels_and_redshift_never_cross_a_disagreement_about_the_class_and_other_values_do() -> None:
    filled = given(
        one(**{"class": "GALAXY"}, subclass=None, redshift=None),
        one(**{"class": "STAR"}, subclass="K5", redshift=0.0001, prob_psf=1.0),
    )
    assert (filled["class"], filled["subclass"], filled["redshift"], filled["prob_psf"]) == ("GALAXY", None, None, 1.0)


def test_a_stellar_subclass_is_of_class_star() -> None:
    assert given(one(**{"class": "STAR"}), one(subclass="K5"))["subclass"] == "K5"
    assert given(one(subclass="K5"), one(**{"class": "STAR"}))["class"] == "STAR"
    assert given(one(**{"class": "GALAXY"}), one(subclass="K5")).get("subclass") is None
    assert given(one(subclass="K5"), one(**{"class": "GALAXY"})).get("class") is None


def test_a_row_without_any_label_takes_all_of_them() -> None:
    filled = given(one(), one(**{"class": "QSO"}, subclass="BROADLINE", redshift=2.1))
    assert (filled["class"], filled["subclass"], filled["redshift"]) == ("QSO", "BROADLINE", 2.1)


def test_magnitudes_of_other_apertures_only_join_the_same_photometry() -> None:
    assert given(one(), one(psf_r=17.2))["psf_r"] == 17.2
    assert given(one(), one(r=17.001, psf_r=17.2, prob_psf=1.0)).get("psf_r") is None


def test_a_missing_donor_fills_nothing() -> None:
    assert given(one(ra=1.0), one(dec=2.0).take(pa.array([None], pa.int64()))).get("dec") is None


def test_columns_that_are_no_survey_columns_stay_with_their_row() -> None:
    row = one().append_column("page_id", pa.array(["a"]))
    assert complete(row, one().append_column("page_id", pa.array(["b"])))["page_id"].to_pylist() == ["a"]
