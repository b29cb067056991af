"""What a data release is called and how its optical spectra, and its votes of Galaxy Zoo 2, are asked for. Asks nothing.

A release without a profile is refused: from DR19 on new optical spectra lie in other tables, and a query written for
older ones would answer with yesterday's rows as if they were all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.tree import STEMS

_BANDS: Final = ("u", "g", "r", "i", "z")


def _bands(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{band}" for band in _BANDS)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a query, or what is computed of one: where it stands, and the name that it has in the answer."""

    table: str
    name: str
    called: str = ""
    kind: str = "float"

    @property
    def answered(self) -> str:
        """Name in the answer."""
        return self.called or self.name

    @property
    def value(self) -> str:
        """The column in a condition."""
        return f"{self.table}.{self.name}"

    @property
    def sql(self) -> str:
        """The column in a SELECT list."""
        return self.value + (f" AS {self.called}" if self.called else "")


@dataclass(frozen=True, slots=True)
class Profile:
    """How the spectra, or the votes, of a range of releases are asked for.

    Parameters
    ----------
    name : str
        Name of the table layout.
    first, last : int
        The releases it holds for.
    key : Column
        Identifier in whose order pages are asked for.
    shard, time : Column
        What a census groups by, and the modified Julian date of an observation (of votes: how many a galaxy has).
    columns : dict of str to tuple of Column
        Columns by the name of the query.
    tables : dict of str to str
        FROM clause by the name of the query.
    where : dict of str to str
        Condition by the name of the query; "" where there is none.
    unit : str
        What a shard is called.
    """

    name: str
    first: int
    last: int
    key: Column
    shard: Column
    time: Column
    columns: dict[str, tuple[Column, ...]]
    tables: dict[str, str]
    where: dict[str, str]
    unit: str = "plate"


_KEY: Final = Column("s", "specObjID", kind="id")
_PLATE: Final = Column("s", "plate", kind="integer")
_MJD: Final = Column("s", "mjd", kind="integer")
_SPECTRUM: Final = (
    _KEY,
    Column("s", "bestObjID", kind="id"),
    _PLATE,
    _MJD,
    Column("s", "fiberID", kind="integer"),
    Column("s", "ra"),
    Column("s", "dec"),
    Column("s", "z", "redshift"),
    Column("s", "zErr"),
    Column("s", "zWarning", kind="integer"),
    Column("s", "class", kind="text"),
    Column("s", "subClass", kind="text"),
    Column("s", "sourceType", kind="text"),
    Column("s", "class_noqso", kind="text"),
    Column("s", "sciencePrimary", kind="integer"),
)
_ELODIE: Final = (
    Column("s", "elodieSpType", kind="text"),
    Column("s", "elodieBV"),
    Column("s", "elodieTEff"),
    Column("s", "elodieFeH"),
)
_PHOTOMETRY: Final = (
    Column("p", "type", kind="integer"),
    Column("p", "clean", kind="integer"),
    Column("p", "mode", kind="integer"),
    Column("p", "score"),
    Column("p", "probPSF"),
    *(Column("p", name) for name in (*_bands("modelMag"), *_bands("psfMag"), *_bands("cModelMag"))),
    Column("p", "petroMag_r"),
    Column("p", "petroR50_r"),
    Column("p", "petroR90_r"),
    *(Column("p", name) for name in ("deVAB_r", "expAB_r", "fracDeV_r")),
    *(Column("p", name) for name in _bands("extinction")),
)

OPTICAL: Final = Profile(
    name="optical",
    first=8,
    last=18,
    key=_KEY,
    shard=_PLATE,
    time=_MJD,
    columns={
        "default": (*_SPECTRUM, *_ELODIE, *_PHOTOMETRY),
        "study": (*_SPECTRUM, *_ELODIE, *_PHOTOMETRY, Column("v", "p_el_debiased"), Column("v", "p_cs_debiased")),
    },
    tables={
        "default": "SpecObj AS s JOIN PhotoPrimary AS p ON p.objID = s.bestObjID",
        "study": "SpecObj AS s JOIN PhotoObj AS p ON p.objID = s.bestObjID LEFT JOIN zooSpec AS v ON v.specobjid = s.specObjID",
    },
    where={
        "default": "s.zWarning IN (0,16)",
        "study": "(s.class <> 'GALAXY' OR v.specobjid IS NOT NULL)",
    },
)  # fmt: skip
VOTES: Final = "zoo2MainSpecz"
"""Galaxy Zoo 2's votes on galaxies with a spectrum."""
_DR7: Final = Column("z", "dr7objid", kind="id")
# A photometric id of data release 7 without its last 32 bits names an imaging run. 2^32 itself would be a numeric in
# SQL Server, and the division no longer one of whole numbers.
_RUN: Final = Column("z", "dr7objid/65536/65536", "run", kind="integer")
_TOTAL_VOTES: Final = Column("z", "total_votes", kind="integer")
_VOTED: Final = (
    _DR7,
    Column("z", "dr8objid", kind="id"),
    Column("z", "specobjid", kind="id"),
    _RUN,
    Column("z", "ra"),
    Column("z", "dec"),
    Column("z", "sample", kind="text"),
    Column("z", "total_classifications", kind="integer"),
    _TOTAL_VOTES,
    *(Column("z", f"{stem}_debiased") for stem in STEMS),
)
GALAXY_ZOO: Final = Profile(
    name="Galaxy Zoo 2",
    first=10,
    last=18,
    key=_DR7,
    shard=_RUN,
    time=_TOTAL_VOTES,
    columns={VOTES: _VOTED},
    tables={VOTES: "zoo2MainSpecz AS z"},
    where={VOTES: ""},
    unit="run",
)
PROFILES: Final = (OPTICAL, GALAXY_ZOO)
QUERIES: Final = ("default", "study", VOTES)


def profile_of(release: int, query: str = "default") -> Profile:
    """Return the profile of a release for one of the queries.

    Raises
    ------
    ConfigError
        If there is none.
    """
    fitting = [profile for profile in PROFILES if query in profile.columns]
    for profile in fitting:
        if profile.first <= release <= profile.last:
            return profile
    known = ", ".join(f"DR{profile.first} to DR{profile.last}" for profile in fitting)
    what = "rows" if query != VOTES else "votes of Galaxy Zoo 2"
    raise ConfigError(
        f"Data release {release} has no profile, so its {what} are not read; known are {known}. From DR19 on new optical "
        "spectra are in other tables (spAll, allspec, with sdss_id and field), which an older query would miss in silence."
    )
