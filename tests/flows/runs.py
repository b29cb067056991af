"""What tests of flows hand around: runs in this process, and tables such as people export. Asserts nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from cosmic.catalogue.glance import Glance, glance
from cosmic.columns import BANDS
from cosmic.facts import Facts
from cosmic.records import Report
from cosmic.settings import PipelineOptions
from cosmic.simulation import simulate

WHAT_INGEST_MET = {"ingest.inserted", "ingest.unchanged"}
"""Paths of the facts that say what the catalogue held before, which two equal runs may find different."""

PLAIN = {
    "specObjID": "specObjID", "ra": "ra", "dec": "dec", **{f"modelMag_{band}": band for band in BANDS},
    "z": "redshift", "class": "class", "subClass": "subclass",
}  # fmt: skip
"""Columns of a simulated sky under the plain names that most exports carry."""


@dataclass(frozen=True)
class Ran:
    """One run of the whole pipeline in this process."""

    options: PipelineOptions
    report: Report
    facts: Facts

    @property
    def catalogue(self) -> Path:
        """The catalogue's file."""
        return self.options.home / self.options.sky / "catalogue.db"

    def glance(self) -> Glance:
        """Return what the catalogue holds."""
        found = glance(f"sqlite:///{self.catalogue}", sky=self.options.sky)
        assert found is not None
        return found


RunPipeline = Callable[[PipelineOptions], Ran]


@dataclass(frozen=True)
class Twice:
    """A home in which the same run was made twice; `latest` is facts.json as the first one published it."""

    first: Ran
    second: Ran
    latest: bytes
    fits: dict[Path, int]


def files_below(folder: Path) -> dict[Path, int]:
    """Return every file and folder below a folder with the time of its last change, ns."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def export(path: Path, *, rows: int, seed: int, names: Mapping[str, str] = PLAIN) -> pa.Table:
    """Write a simulated sky as a CSV such as a person would hold, and return its table.

    Parameters
    ----------
    names : mapping of str to str
        Columns of the simulated sky to the names that they get; others are left out.
    """
    table = simulate(rows=rows, seed=seed).select(list(names)).rename_columns(list(names.values()))
    pa_csv.write_csv(table, path)
    return table
