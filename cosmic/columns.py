"""The one definition of every survey column. Suites, tables, Parquet schema and data dictionary come from it.

Holds no rows and reads nothing. To add a column, add it here: an Alembic revision and the data dictionary follow,
and tests compare all three with this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

from cosmic.records import MagnitudeSystem, MagnitudeUnit

BANDS: Final = ("u", "g", "r", "i", "z")
SENTINEL: Final = -9999.0
"""SDSS's mark for "not measured" in photometry and sppParams."""


class Kind(StrEnum):
    """Storage type of a column."""

    FLOAT = "float"
    INTEGER = "integer"
    TEXT = "text"


class Group(StrEnum):
    """What a column is about. Feature sets refuse whole groups by it."""

    IDENTITY = "identity"
    POSITION = "position"
    INSTRUMENT = "instrument"
    MAGNITUDE = "magnitude"
    EXTINCTION = "extinction"
    SHAPE = "shape"
    EXTERNAL = "external"
    LABEL = "label"
    SPECTRUM = "spectrum"
    ELODIE = "elodie"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an object.

    Parameters
    ----------
    name : str
        Canonical name: in the catalogue, in snapshots, in reports.
    kind : Kind
        Storage type. Identifiers beyond 2**63 are text.
    unit : str
        Physical unit; "" where there is none.
    group : Group
        What it is about.
    description : str
        One sentence for the data dictionary.
    source : str
        SDSS table and column.
    aliases : tuple of str
        Lower-case names under which files carry it, most trusted first. Magnitudes have theirs in
        `MAGNITUDE_NAMES`, since the name decides the magnitude system.
    required : bool
        A row without it is quarantined. Other columns may be missing in a row or in a whole file.
    lo, hi : float or None
        Inclusive range of believable values, in `unit`.
    sentinels : tuple of float
        Values that mean "not measured". They become null in optional columns and a reason for
        quarantine in required ones.
    vocabulary : tuple of str
        Allowed strings; empty where free.
    """

    name: str
    kind: Kind
    unit: str
    group: Group
    description: str
    source: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    lo: float | None = None
    hi: float | None = None
    sentinels: tuple[float, ...] = ()
    vocabulary: tuple[str, ...] = ()


CLASSES: Final = ("GALAXY", "QSO", "STAR")
EXTRAGALACTIC_SUBCLASSES: Final = (
    "AGN",
    "AGN BROADLINE",
    "BROADLINE",
    "STARBURST",
    "STARBURST BROADLINE",
    "STARFORMING",
    "STARFORMING BROADLINE",
)
"""Every subClass that the SDSS pipeline gives to GALAXY and QSO spectra."""
NO_SUBCLASS: Final = "none"
"""The subclass of a galaxy that a table with such strings gives none. Null says that nothing is known."""

_MAG_RANGE: Final = (1.0, 40.0)
"""Magnitudes outside are no measurement: the brightest stars saturate far above, and asinh magnitudes of
zero flux lie between 22.8 and 25.1 (faintest of 1.65 million DR16 rows: 32.8)."""


_NOT_MATCHED: Final = (SENTINEL, 9999.0)
"""Marks of catalogues that were joined by position: 9999 in WISE. The fastest star moves 10,393 mas/yr, so both lie within
the range of a proper motion; a mark is looked for before the range."""


def _magnitudes() -> tuple[Column, ...]:
    primary = tuple(
        Column(b, Kind.FLOAT, "mag", Group.MAGNITUDE, f"Brightness in {b}, in the magnitude system of the catalogue.",
               f"PhotoObj.modelMag_{b} or another system", required=True, lo=_MAG_RANGE[0], hi=_MAG_RANGE[1],
               sentinels=(SENTINEL, 9999.0, -1000.0))
        for b in BANDS
    )  # fmt: skip
    return primary


def _auxiliary() -> tuple[Column, ...]:
    def one(name: str, sdss: str, text: str, group: Group = Group.SHAPE) -> Column:
        return Column(name, Kind.FLOAT, "mag", group, text, f"PhotoObj.{sdss}", (sdss.lower(),), lo=_MAG_RANGE[0],
                      hi=_MAG_RANGE[1], sentinels=(SENTINEL, 9999.0, -1000.0))  # fmt: skip

    columns = [one(f"psf_{b}", f"psfMag_{b}", f"Point-spread-function magnitude in {b}.") for b in BANDS]
    columns += [one(f"cmodel_{b}", f"cModelMag_{b}", f"Composite model magnitude in {b}.") for b in BANDS]
    columns += [one("petro_r", "petroMag_r", "Petrosian magnitude in r, for the published brightness cuts.")]
    columns += [
        Column(f"extinction_{b}", Kind.FLOAT, "mag", Group.EXTINCTION,
               f"Galactic extinction in {b} (Schlegel, Finkbeiner and Davis 1998).", f"PhotoObj.extinction_{b}",
               (f"extinction_{b}", f"a_{b}"), lo=0.0, hi=60.0, sentinels=(SENTINEL,))
        for b in BANDS
    ]  # fmt: skip
    return tuple(columns)


OBJECT_COLUMNS: Final[tuple[Column, ...]] = (
    Column("spec_obj_id", Kind.TEXT, "", Group.IDENTITY,
           "Spectrum id, exact; NUMERIC(20,0) in Postgres and 20 zero-padded digits elsewhere.",
           "SpecObjAll.specObjID", ("specobjid", "spec_obj_id", "spec_id")),
    Column("obj_id", Kind.TEXT, "", Group.IDENTITY, "Photometric object id, exact.", "PhotoObjAll.objID",
           ("bestobjid", "objid", "obj_id", "dr8objid")),
    Column("plate", Kind.INTEGER, "", Group.INSTRUMENT, "Spectroscopic plate.", "SpecObjAll.plate", ("plate",),
           lo=1, hi=99999),
    Column("mjd", Kind.INTEGER, "d", Group.INSTRUMENT, "Modified Julian date of the spectrum.", "SpecObjAll.mjd",
           ("mjd",), lo=50000, hi=80000),
    Column("fiberid", Kind.INTEGER, "", Group.INSTRUMENT, "Fibre of the plate.", "SpecObjAll.fiberID",
           ("fiberid", "fiber", "fiber_id"), lo=1, hi=2000),
    Column("ra", Kind.FLOAT, "deg", Group.POSITION, "Right ascension, J2000.", "SpecObjAll.ra",
           ("ra", "alpha", "raj2000", "ra_deg", "_raj2000"), lo=0.0, hi=360.0),
    Column("dec", Kind.FLOAT, "deg", Group.POSITION, "Declination, J2000.", "SpecObjAll.dec",
           ("dec", "delta", "dej2000", "decj2000", "dec_deg", "_dej2000"), lo=-90.0, hi=90.0),
    *_magnitudes(),
    Column("class", Kind.TEXT, "", Group.LABEL, "Spectroscopic class of the pipeline's best template.",
           "SpecObjAll.class", ("class", "spec_class", "specclass"), vocabulary=CLASSES),
    Column("subclass", Kind.TEXT, "", Group.LABEL, "Spectroscopic subclass; none where a table with subclasses of galaxies gives a galaxy none, null where "
           "nothing is known.",
           "SpecObjAll.subClass", ("subclass", "sub_class", "spec_subclass")),
    Column("redshift", Kind.FLOAT, "", Group.SPECTRUM, "Spectroscopic redshift of the pipeline's best template.",
           "SpecObjAll.z", ("redshift", "specz", "spec_z", "z_spec", "zspec"), lo=-0.0110, hi=8.0,
           sentinels=(SENTINEL,)),
    Column("redshift_err", Kind.FLOAT, "", Group.SPECTRUM, "Error of the redshift; negative where the fit failed.",
           "SpecObjAll.zErr", ("zerr", "redshift_err", "z_err"), sentinels=(SENTINEL,)),
    Column("z_warning", Kind.INTEGER, "", Group.QUALITY,
           "Bit mask of the redshift fit; 0 and 16 (many outliers) are good.", "SpecObjAll.zWarning",
           ("zwarning", "z_warning"), lo=0),
    *_auxiliary(),
    Column("prob_psf", Kind.FLOAT, "", Group.SHAPE, "Whether the object looks like a point (1) or not (0).",
           "PhotoObj.probPSF", ("probpsf", "prob_psf"), lo=0.0, hi=1.0, sentinels=(SENTINEL,)),
    Column("petro_r50_r", Kind.FLOAT, "arcsec", Group.SHAPE, "Radius of half the Petrosian flux in r.",
           "PhotoObj.petroR50_r", ("petror50_r", "petro_r50_r"), lo=0.0, hi=500.0, sentinels=(SENTINEL, 0.0)),
    Column("petro_r90_r", Kind.FLOAT, "arcsec", Group.SHAPE, "Radius of 90 % of the Petrosian flux in r.",
           "PhotoObj.petroR90_r", ("petror90_r", "petro_r90_r"), lo=0.0, hi=500.0, sentinels=(SENTINEL, 0.0)),
    Column("source_type", Kind.TEXT, "", Group.LABEL, "Why the spectrum was taken.", "SpecObjAll.sourceType",
           ("sourcetype", "source_type")),
    Column("class_noqso", Kind.TEXT, "", Group.LABEL, "Class when quasar templates are left out (BOSS).",
           "SpecObjAll.class_noqso", ("class_noqso",)),
    Column("photo_type", Kind.INTEGER, "", Group.LABEL, "Photometric type: 3 galaxy, 6 star, 0 unknown.",
           "PhotoObj.type", ("type", "photo_type"), lo=0, hi=9),
    Column("clean", Kind.INTEGER, "", Group.QUALITY, "1 where the photometry is clean.", "PhotoObj.clean",
           ("clean",), lo=0, hi=1),
    Column("mode", Kind.INTEGER, "", Group.QUALITY, "1 primary, 2 secondary, 3 other observation.",
           "PhotoObj.mode", ("mode",), lo=1, hi=4),
    Column("score", Kind.FLOAT, "", Group.QUALITY, "Quality of the imaging field.", "PhotoObj.score", ("score",),
           lo=0.0, hi=1.0, sentinels=(SENTINEL,)),
    Column("elodie_sp_type", Kind.TEXT, "", Group.LABEL, "Type of the best ELODIE star; the star label leans on it.",
           "SpecObjAll.elodieSpType", ("elodiesptype", "elodie_sp_type")),
    Column("elodie_bv", Kind.FLOAT, "mag", Group.ELODIE, "B - V of the best ELODIE star.", "SpecObjAll.elodieBV",
           ("elodiebv", "elodie_bv"), lo=-0.5, hi=2.5, sentinels=(SENTINEL, 0.0)),
    Column("elodie_teff", Kind.FLOAT, "K", Group.ELODIE, "Effective temperature of the best ELODIE star.",
           "SpecObjAll.elodieTEff", ("elodieteff", "elodie_teff"), lo=1000.0, hi=60000.0, sentinels=(SENTINEL, 0.0)),
    Column("elodie_feh", Kind.FLOAT, "dex", Group.ELODIE, "Metallicity of the best ELODIE star; 0 is solar.",
           "SpecObjAll.elodieFeH", ("elodiefeh", "elodie_feh"), lo=-5.0, hi=2.0, sentinels=(SENTINEL,)),
    Column("gz2_class", Kind.TEXT, "", Group.LABEL, "What the volunteers of Galaxy Zoo 2 saw, as its string.",
           "gz2_hart16.gz2_class", ("gz2_class", "gz2class")),
    Column("gz2_source", Kind.TEXT, "", Group.LABEL, "Where gz2_class comes from; read only beside it.",
           "what the table says, or the release", ("gz2_source", "src")),
    Column("science_primary", Kind.INTEGER, "", Group.QUALITY, "1 where this is the best spectrum of its object.",
           "SpecObjAll.sciencePrimary", ("scienceprimary", "science_primary")),
    Column("dev_ab_r", Kind.FLOAT, "", Group.SHAPE, "Axis ratio b/a of the de Vaucouleurs fit in r.",
           "PhotoObj.deVAB_r", ("devab_r", "dev_ab_r"), lo=0.0, hi=1.0, sentinels=(SENTINEL,)),
    Column("exp_ab_r", Kind.FLOAT, "", Group.SHAPE, "Axis ratio b/a of the exponential fit in r.",
           "PhotoObj.expAB_r", ("expab_r", "exp_ab_r"), lo=0.0, hi=1.0, sentinels=(SENTINEL,)),
    Column("frac_dev_r", Kind.FLOAT, "", Group.SHAPE,
           "Weight of the de Vaucouleurs fit in the composite model in r: 1 like an elliptical, 0 like a disk.",
           "PhotoObj.fracDeV_r", ("fracdev_r", "frac_dev_r"), lo=0.0, hi=1.0, sentinels=(SENTINEL,)),
    Column("w1", Kind.FLOAT, "mag", Group.EXTERNAL, "Brightness at 3.4 micrometres (AllWISE), Vega magnitude.",
           "WISE_allsky.w1mpro", ("w1mpro", "w1mag", "w1", "w1_mag"), lo=-5.0, hi=25.0, sentinels=_NOT_MATCHED),
    Column("w2", Kind.FLOAT, "mag", Group.EXTERNAL, "Brightness at 4.6 micrometres (AllWISE), Vega magnitude.",
           "WISE_allsky.w2mpro", ("w2mpro", "w2mag", "w2", "w2_mag"), lo=-5.0, hi=25.0, sentinels=_NOT_MATCHED),
    Column("parallax", Kind.FLOAT, "mas", Group.EXTERNAL, "Parallax; noise makes small ones negative.",
           "gaia_source.parallax", ("parallax", "plx"), lo=-1000.0, hi=1000.0, sentinels=_NOT_MATCHED),
    Column("pm_ra", Kind.FLOAT, "mas/yr", Group.EXTERNAL, "Proper motion along right ascension, times cos(dec).",
           "ProperMotions.pmRa or gaia_source.pmra", ("pmra", "pm_ra"), lo=-11000.0, hi=11000.0,
           sentinels=_NOT_MATCHED),
    Column("pm_dec", Kind.FLOAT, "mas/yr", Group.EXTERNAL, "Proper motion along declination.",
           "ProperMotions.pmDec or gaia_source.pmdec", ("pmdec", "pm_dec", "pmde"), lo=-11000.0, hi=11000.0,
           sentinels=_NOT_MATCHED),
)  # fmt: skip
"""Every column that a source may deliver, in canonical order."""

BY_NAME: Final[dict[str, Column]] = {column.name: column for column in OBJECT_COLUMNS}

MAGNITUDE_NAMES: Final[dict[tuple[MagnitudeSystem, MagnitudeUnit], tuple[str, ...]]] = {
    (MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE): ("modelmag_{b}", "{b}", "mag_{b}", "{b}mag"),
    (MagnitudeSystem.DEREDDENED, MagnitudeUnit.MAGNITUDE): ("dered_{b}",),
    (MagnitudeSystem.CMODEL, MagnitudeUnit.MAGNITUDE): ("cmodelmag_{b}",),
    (MagnitudeSystem.PSF, MagnitudeUnit.MAGNITUDE): ("psfmag_{b}",),
    (MagnitudeSystem.PETRO, MagnitudeUnit.MAGNITUDE): ("petromag_{b}",),
    (MagnitudeSystem.MODEL, MagnitudeUnit.NANOMAGGIES): ("modelflux_{b}",),
    (MagnitudeSystem.CMODEL, MagnitudeUnit.NANOMAGGIES): ("cmodelflux_{b}",),
    (MagnitudeSystem.PSF, MagnitudeUnit.NANOMAGGIES): ("psfflux_{b}",),
    (MagnitudeSystem.PETRO, MagnitudeUnit.NANOMAGGIES): ("petroflux_{b}",),
}
"""Lower-case names of u g r i z by system and unit, most trusted first: a file that carries several
systems is read in the first of these that is complete. Plain u g r i z are SDSS's aliases of modelMag."""

ASINH_SOFTENING: Final = {"u": 1.4e-10, "g": 0.9e-10, "r": 1.2e-10, "i": 1.8e-10, "z": 7.4e-10}
"""The b of SDSS's asinh magnitudes (Lupton, Gunn and Szalay 1999; values of the SDSS photometric system)."""


_ARROW: Final = {Kind.FLOAT: pa.float64(), Kind.INTEGER: pa.int64(), Kind.TEXT: pa.string()}


def arrow_field(column: Column) -> pa.Field:
    """Return the Arrow field of a survey column, with its unit in the metadata."""
    return pa.field(column.name, _ARROW[column.kind], metadata={"unit": column.unit} if column.unit else None)


OBJECT_SCHEMA: Final = pa.schema(
    [pa.field("object_key", pa.string(), nullable=False), *(arrow_field(column) for column in OBJECT_COLUMNS)]
)
"""Arrow schema of canonical rows: the key, then every survey column."""
