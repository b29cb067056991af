"""Which columns of a vote table serve which canonical one, for each release. Reads no values.

Names are compared whatever their letter case. A table that lacks a needed column is refused with the names that would
have done; one that has only some of a set of 37 is refused too, since half a set is a damaged export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.tree import STEMS, TASKS
from cosmic.galaxyzoo.votes import VoteSource

_SHOWN: Final = 5

KAGGLE_COLUMNS: Final = tuple(
    f"Class{number}.{place + 1}" for number, task in TASKS.items() for place in range(len(task.answers))
)
"""The challenge's 37 columns in the order of `tree.STEMS`: its questions have the numbers of the tasks."""

_ID: Final = {
    VoteSource.HART16: ("dr7objid",),
    VoteSource.WILLETT13: ("dr7objid", "objid"),
    VoteSource.SKYSERVER: ("dr7objid",),
    VoteSource.KAGGLE: ("galaxyid",),
}
_PLAIN: Final = {
    "dr8objid": ("dr8objid",),
    "specobjid": ("specobjid",),
    "ra": ("ra",),
    "dec": ("dec",),
    "sample": ("sample",),
    "total_classifications": ("total_classifications",),
    "total_votes": ("total_votes",),
    "gz2_class": ("gz2_class",),
}
"""Canonical columns and the names they may have, all optional unless `_NEEDED` says otherwise."""
_NEEDED: Final = {
    VoteSource.HART16: ("gz2_class", "total_classifications", "total_votes"),
    VoteSource.WILLETT13: ("total_classifications", "total_votes"),
    VoteSource.SKYSERVER: ("total_classifications", "total_votes"),
    VoteSource.KAGGLE: (),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of one table are taken for.

    Parameters
    ----------
    source : VoteSource
        The release.
    identity : str
        The column with the galaxy's id.
    plain : dict
        Canonical name to the table's column.
    lists : dict
        ``counts``, ``weighted_fractions``, ``debiased_fractions`` or ``cumulative`` to 37 columns of the table.
    """

    source: VoteSource
    identity: str
    plain: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column of the table that is read, once each."""
        numbers = (name for names in self.lists.values() for name in names)
        return tuple(dict.fromkeys((self.identity, *self.plain.values(), *numbers)))


def layout_of(names: Sequence[str], *, called: str) -> Layout:
    """Return what the columns of a table are, told by their names.

    Parameters
    ----------
    names : sequence of str
        The table's header.
    called : str
        The table's name in messages.

    Raises
    ------
    ConfigError
        If needed columns are missing, or a name stands twice.
    """
    by_name: dict[str, str] = {}
    for name in names:
        if by_name.setdefault(name.strip().lower(), name) is not name:
            raise ConfigError(f"{called} has two columns {name!r}. Rename or remove one of them.")
    source = _source(by_name)
    wanted = {"debiased_fractions": "_debiased", "weighted_fractions": "_weighted_fraction", "counts": "_count"}
    if source is VoteSource.KAGGLE:
        sets = {"cumulative": KAGGLE_COLUMNS}
    else:
        sets = {name: tuple(stem + suffix for stem in STEMS) for name, suffix in wanted.items()}
    first = next(iter(sets))
    missing: list[str] = []
    lists = {}
    for name, columns in sets.items():
        there = [column for column in columns if column.lower() in by_name]
        if there or name == first:
            missing += [column for column in columns if column.lower() not in by_name]
            lists[name] = tuple(by_name.get(column.lower(), column) for column in columns)
    identity = next((by_name[name] for name in _ID[source] if name in by_name), None)
    if identity is None:
        missing.insert(0, " or ".join(_ID[source]))
    plain = {}
    for canonical, accepted in _PLAIN.items():
        found = next((by_name[name] for name in accepted if name in by_name), None)
        if found is not None:
            plain[canonical] = found
        elif canonical in _NEEDED[source]:
            missing.append(" or ".join(accepted))
    if missing or identity is None:
        raise _lacking(called, source, missing)
    return Layout(source, identity, plain, lists)


def _source(names: dict[str, str]) -> VoteSource:
    """Return the release that these column names are of; of none, the one whose columns the refusal should name."""
    if "galaxyid" in names or "class1.1" in names:
        return VoteSource.KAGGLE
    if "gz2_class" in names:
        return VoteSource.HART16
    if "objid" in names and "dr7objid" not in names:
        return VoteSource.WILLETT13
    return VoteSource.SKYSERVER


def _lacking(called: str, source: VoteSource, missing: Sequence[str]) -> ConfigError:
    shown = ", ".join(missing[:_SHOWN]) + (f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else "")
    return ConfigError(
        f"{called} looks like a {source} table and lacks {shown}. Known are gz2_hart16.csv (dr7objid, gz2_class, 37 "
        "<stem>_debiased), Willett et al.'s table 5 (objid, 37 <stem>_debiased), SkyServer's zoo2MainSpecz (dr7objid, "
        "37 <stem>_debiased) and Kaggle's training_solutions_rev1.csv (GalaxyID, Class1.1 … Class11.6); letter case "
        "does not matter. Export the table again with these columns."
    )
