"""The survey's tables as the stand-in keeps them: names, types and views, one statement each.

Knows nothing of HTTP, of rows, or of the rules for queries. A spectrum is one row of `_spec` and its object one row of
`_photo`; the survey's own tables and views are views on those, with every column of the survey: what we do not
keep is a constant of its type, 0 or '' for spectra and -9999 for measurements on images. Sources of names and types:
astroquery's bundled field tables, and sqlloader's schema for what they lack.
"""

# ruff: noqa: S608 names and conditions are the tests' own; received queries never come here

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

BANDS: Final = ("u", "g", "r", "i", "z")
MAGNITUDES: Final = ("modelMag", "psfMag", "cModelMag")
PAGES_OF_FIELDS: Final = 19
"""The release from which new optical spectra are in spAll and allspec."""

REAL, FLOAT, TINY, SMALL, INT, BIG = "FLOAT", "DOUBLE", "UTINYINT", "SMALLINT", "INTEGER", "BIGINT"
TEXT: Final = "VARCHAR COLLATE NOCASE"
"""The survey compares text without regard to letter case."""
SPEC_ID: Final = "DECIMAL(20,0)"
"""numeric(20,0): ids of plates from 8192 on do not fit into 64 bits with a sign."""
SQL_SERVER: Final = {"real": REAL, "float": FLOAT, "tinyint": TINY, "smallint": SMALL, "int": INT, "bigint": BIG,
                     "numeric": SPEC_ID, "varchar": TEXT, "varbinary": "BLOB"}  # fmt: skip

SPEC: Final[dict[str, str]] = {
    "specObjID": SPEC_ID, "bestObjID": BIG, "plate": SMALL, "mjd": INT, "fiberID": SMALL, "run2d": TEXT, "survey": TEXT,
    "sciencePrimary": SMALL, "sourceType": TEXT, "ra": FLOAT, "dec": FLOAT, "z": REAL, "zErr": REAL, "zWarning": INT,
    "class": TEXT, "subClass": TEXT, "class_noqso": TEXT, "z_noqso": REAL, "snMedian": REAL, "elodieSpType": TEXT,
    "elodieBV": REAL, "elodieTEff": REAL, "elodieLogG": REAL, "elodieFeH": REAL,
}  # fmt: skip
"""Columns of a spectrum that are kept for each row."""

PHOTO: Final[dict[str, str]] = {
    "objID": BIG, "photoRa": FLOAT, "photoDec": FLOAT, "mode": TINY, "type": SMALL, "clean": INT, "insideMask": TINY,
    "score": REAL, "probPSF": REAL, "petroMag_r": REAL, "petroR50_r": REAL, "petroR90_r": REAL,
    "deVAB_r": REAL, "expAB_r": REAL, "fracDeV_r": REAL,
    **{f"{system}_{band}": REAL for system in MAGNITUDES for band in BANDS},
    **{f"extinction_{band}": REAL for band in BANDS},
}  # fmt: skip
"""Columns of an object on images that are kept for each row."""

ZOO: Final[dict[str, str]] = {
    "specobjid": SPEC_ID, "objid": BIG, "dr7objid": BIG, "ra": REAL, "dec": REAL, "rastring": TEXT, "decstring": TEXT,
    "nvote": INT, "p_el": FLOAT, "p_cw": FLOAT, "p_acw": FLOAT, "p_edge": FLOAT, "p_dk": FLOAT, "p_mg": FLOAT,
    "p_cs": FLOAT, "p_el_debiased": FLOAT, "p_cs_debiased": FLOAT, "spiral": INT, "elliptical": INT, "uncertain": INT,
}  # fmt: skip
"""zooSpec, Galaxy Zoo 1."""

STEMS: Final = (
    "t01_smooth_or_features_a01_smooth", "t01_smooth_or_features_a02_features_or_disk",
    "t01_smooth_or_features_a03_star_or_artifact", "t02_edgeon_a04_yes", "t02_edgeon_a05_no", "t03_bar_a06_bar",
    "t03_bar_a07_no_bar", "t04_spiral_a08_spiral", "t04_spiral_a09_no_spiral", "t05_bulge_prominence_a10_no_bulge",
    "t05_bulge_prominence_a11_just_noticeable", "t05_bulge_prominence_a12_obvious",
    "t05_bulge_prominence_a13_dominant", "t06_odd_a14_yes", "t06_odd_a15_no", "t07_rounded_a16_completely_round",
    "t07_rounded_a17_in_between", "t07_rounded_a18_cigar_shaped", "t08_odd_feature_a19_ring",
    "t08_odd_feature_a20_lens_or_arc", "t08_odd_feature_a21_disturbed", "t08_odd_feature_a22_irregular",
    "t08_odd_feature_a23_other", "t08_odd_feature_a24_merger", "t08_odd_feature_a38_dust_lane",
    "t09_bulge_shape_a25_rounded", "t09_bulge_shape_a26_boxy", "t09_bulge_shape_a27_no_bulge",
    "t10_arms_winding_a28_tight", "t10_arms_winding_a29_medium", "t10_arms_winding_a30_loose",
    "t11_arms_number_a31_1", "t11_arms_number_a32_2", "t11_arms_number_a33_3", "t11_arms_number_a34_4",
    "t11_arms_number_a36_more_than_4", "t11_arms_number_a37_cant_tell",
)  # fmt: skip
"""Galaxy Zoo 2's 37 answers."""
VOTES: Final = {"count": INT, "weight": FLOAT, "fraction": FLOAT, "weighted_fraction": FLOAT, "debiased": FLOAT,
                "flag": INT}  # fmt: skip

ZOO2: Final[dict[str, str]] = {
    "specobjid": SPEC_ID, "dr8objid": BIG, "dr7objid": BIG, "ra": REAL, "dec": REAL, "rastring": TEXT,
    "decstring": TEXT, "sample": TEXT, "total_classifications": INT, "total_votes": INT,
    **{f"{stem}_{suffix}": kind for stem in STEMS for suffix, kind in VOTES.items()},
}  # fmt: skip
"""zoo2MainSpecz, Galaxy Zoo 2. It has no gz2_class."""

SP_ALL: Final[dict[str, str]] = {
    "field": BIG, "mjd": BIG, "obs": TEXT, "run2d": TEXT, "catalogid": BIG, "sdss_id": BIG,
    "specobjid": "DECIMAL(30,0)", "fiber_ra": FLOAT, "fiber_dec": FLOAT, "racat": FLOAT, "deccat": FLOAT,
    **{f"psfmag_{band}": REAL for band in BANDS}, "sn_median_all": REAL, "specprimary": TINY, "class": TEXT,
    "subclass": TEXT, "z": REAL, "z_err": REAL, "zwarning": BIG,
}  # fmt: skip
"""spAll, optical spectra from DR19 on (it exists, nearly empty, in DR18)."""

KEPT: Final = {"_spec": SPEC, "_photo": PHOTO, "zooSpec": ZOO, "zoo2MainSpecz": ZOO2, "spAll": SP_ALL}
"""Tables that hold rows."""


@cache
def described(table: str) -> tuple[dict[str, Any], ...]:
    """Return the columns of SpecObjAll or PhotoObjAll as fDocColumns describes them: name, type, unit and so on."""
    bundled = Path(str(files("astroquery.sdss") / "data" / f"{table}_dr12.json"))
    rows = json.loads(bundled.read_text(encoding="utf-8"))[0]["Rows"]
    for row in rows:
        if row["name"] in ("specObjID", "plateID") and table == "SpecObjAll":
            row |= {"type": "numeric", "length": 13}  # bigint until DR12, which the bundled table describes
    return tuple(rows)


def statements(release: int) -> list[str]:
    """Return what makes the empty tables and the functions of one release, in order."""
    made = [f"CREATE TABLE {name} ({_columns(columns)})" for name, columns in KEPT.items()
            if name != "spAll" or release >= PAGES_OF_FIELDS]  # fmt: skip
    place, distance = _box("photoRa", "photoDec"), _separation("photoRa", "photoDec")
    return [
        *made,
        "CREATE MACRO fDocColumns(wanted) AS TABLE SELECT enum, name, type, length, unit, ucd, description "
        "FROM _described WHERE lower(of_table) = lower(wanted) ORDER BY position",
        "CREATE MACRO fPhotoTypeN(value) AS CASE value WHEN 0 THEN 'UNKNOWN' WHEN 3 THEN 'GALAXY' WHEN 6 THEN 'STAR' "
        "ELSE 'NOTATYPE' END",
        "CREATE MACRO fGetNearbyObjEq(ra_, dec_, arcmin) AS TABLE SELECT objID, type, mode, "
        f"{distance} AS distance FROM _photo WHERE {place} AND {distance} <= arcmin ORDER BY distance",
        "CREATE MACRO fGetNearestObjEq(ra_, dec_, arcmin) AS TABLE SELECT * FROM fGetNearbyObjEq(ra_, dec_, arcmin) "
        "WHERE mode = 1 LIMIT 1",
    ]


def views(release: int) -> dict[str, str]:
    """Return the views of one release, and what makes each. They are many times slower to make than tables."""
    spectrum = "SELECT bestObjID, max(specObjID) AS _spectrum FROM _spec WHERE sciencePrimary = 1 GROUP BY bestObjID"
    made = {
        "SpecObjAll": _select(_spec_obj(), "_spec"),
        "SpecObj": "SELECT * FROM SpecObjAll WHERE sciencePrimary = 1",
        "PhotoObjAll": _select(_photo_obj(), f"_photo LEFT JOIN ({spectrum}) ON bestObjID = objID"),
        "PhotoObj": "SELECT * FROM PhotoObjAll WHERE mode IN (1, 2)",
        "PhotoPrimary": "SELECT * FROM PhotoObjAll WHERE mode = 1",
        "Star": "SELECT * FROM PhotoPrimary WHERE type = 6",
        "Galaxy": "SELECT * FROM PhotoPrimary WHERE type = 3",
        "SpecPhotoAll": _select(_spec_photo(), "_spec AS s JOIN _photo AS p ON p.objID = s.bestObjID"),
        "SpecPhoto": "SELECT * FROM SpecPhotoAll WHERE sciencePrimary = 1 AND mode = 1",
        "galSpecInfo": "SELECT specObjID, plate AS plateid, mjd, fiberID AS fiberid, ra, dec, z, zErr AS z_err, "
        "zWarning AS z_warning, class AS spectrotype, subClass AS subclass, 'dr8' AS release, "
        "CAST(zWarning = 0 AS INTEGER) AS reliable FROM _spec WHERE class = 'GALAXY'",
    }
    if release >= PAGES_OF_FIELDS:
        made["allspec"] = (
            "SELECT concat('spec-', field, '-', mjd, '-', sdss_id) AS allspec_id, CAST(5 AS SMALLINT) AS sdss_phase, "
            "obs AS observatory, 'BOSS' AS instrument, sdss_id, catalogid, field AS fps_field, "
            "field AS plate_or_fps_field, mjd, run2d, racat AS ra, deccat AS dec, "
            "CAST(specobjid AS VARCHAR) AS specobjid FROM spAll"
        )
    return {name: f"CREATE VIEW {name} AS {sql}" for name, sql in made.items()}


def descriptions() -> list[dict[str, object]]:
    """Return the rows of `_described`, which fDocColumns reads."""
    return [
        {"of_table": view, "position": at, **one}
        for table, views in (("SpecObjAll", ("SpecObjAll", "SpecObj")), ("PhotoObjAll", ("PhotoObjAll", "PhotoObj")))
        for view in views
        for at, one in enumerate(described(table))
    ]


def _columns(columns: dict[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def _select(columns: dict[str, str], source: str) -> str:
    listed = ", ".join(f'{what} AS "{column}"' for column, what in columns.items())
    return f"SELECT {listed} FROM {source}"


def _constant(kind: str, *, missing: str) -> str:
    value = {"varchar": "''", "varbinary": "'\\x11\\x11'", "real": missing, "float": missing}.get(kind, "0")
    return f"CAST({value} AS {SQL_SERVER[kind].removesuffix(' COLLATE NOCASE')})"


def _spec_obj() -> dict[str, str]:
    kept = {name.lower(): f'"{name}"' for name in SPEC}
    kept["plateid"] = f"CAST((CAST(plate AS HUGEINT) << 50) AS {SPEC_ID})"
    kept |= {"bossprimary": "sciencePrimary", "sdssprimary": "sciencePrimary"}
    return {
        one["name"]: kept.get(one["name"].lower(), _constant(one["type"], missing="0"))
        for one in described("SpecObjAll")
    }


def _photo_obj() -> dict[str, str]:
    kept = {name.lower(): f'"{name}"' for name in PHOTO}
    kept |= {"ra": "photoRa", "dec": "photoDec", "specobjid": "coalesce(_spectrum, 0)"}
    for band in BANDS:
        kept[band] = f"modelMag_{band}"
        kept[f"dered_{band}"] = _dereddened(band)
    # objID is packed from these; ids that the stand-in made give numbers that mean nothing, but always the same.
    for name, shift, mask in (("run", 32, 65535), ("camcol", 29, 7), ("field", 16, 4095), ("obj", 0, 65535)):
        kept[name] = f"CAST((objID >> {shift}) & {mask} AS INTEGER)"
    kept["rerun"] = "CAST(301 AS SMALLINT)"
    return {
        one["name"]: kept.get(one["name"].lower(), _constant(one["type"], missing="-9999"))
        for one in described("PhotoObjAll")
    }


_NOT_IN_SPEC_PHOTO = ("petroR50_r", "petroR90_r", "deVAB_r", "expAB_r", "fracDeV_r", "clean", "insideMask")


def _spec_photo() -> dict[str, str]:
    spec = {name: f's."{name}"' for name in SPEC if not name.startswith("elodie") and name not in ("bestObjID", "ra")}
    photo = {name: f'p."{name}"' for name in PHOTO if name not in _NOT_IN_SPEC_PHOTO}
    return spec | {"ra": "s.ra"} | photo | {f"dered_{band}": _dereddened(band) for band in BANDS}


def _dereddened(band: str) -> str:
    return (f"CAST(CASE WHEN modelMag_{band} = -9999 THEN -9999 ELSE modelMag_{band} - extinction_{band} END "
            "AS FLOAT)")  # fmt: skip


def _separation(ra: str, dec: str) -> str:
    """Separation from (ra_, dec_), arcmin, by the haversine formula."""
    return (f"(120 * degrees(asin(sqrt(pow(sin(radians({dec} - dec_) / 2), 2) + cos(radians(dec_)) * "
            f"cos(radians({dec})) * pow(sin(radians({ra} - ra_) / 2), 2)))))")  # fmt: skip


def _box(ra: str, dec: str) -> str:
    """A cheap first cut: declination only, which has no edge to go round."""
    return f"{dec} BETWEEN dec_ - arcmin / 60.0 AND dec_ + arcmin / 60.0"
