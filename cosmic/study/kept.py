"""Results of the study on disk: written under a digest of their content, read again as facts. Computes no figure."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from cosmic import artefacts
from cosmic.facts.grid import GridResult


class UnitResults(BaseModel):
    """The results of one unit, in the order of its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: tuple[GridResult, ...]


def write_facts(facts: BaseModel, folder: Path, kind: str) -> Path:
    """Return a file that holds these facts and is named by them: what another run remembers is never replaced."""
    text = facts.model_dump_json(indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return artefacts.write(folder / f"{kind}-{digest[:32]}.json", lambda part: part.write_text(text, "utf-8"))


def read_results(path: Path) -> tuple[GridResult, ...]:
    """Return the results in the file of a unit.

    Raises
    ------
    ArtefactCorrupt
        If it is missing or changed.
    """
    return UnitResults.model_validate_json(artefacts.check(path).read_bytes()).results
