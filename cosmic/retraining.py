"""Whether anything came since the last training: what a training stands on, and a note of the last one. Trains nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cosmic import artefacts
from cosmic.settings import PipelineOptions

_WHERE_FROM: Final = {"home", "limit", "refetch", "cutouts", "gz2", "despite_drift"}
"""Options that say how rows come, and which may, not what is made of them."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a training stands on.

    Parameters
    ----------
    catalogue, state : str
        Id of the catalogue, and digest of its rows.
    images : str or None
        Digest of the list of images; None where none are trained on.
    """

    catalogue: str
    state: str
    images: str | None = None


def note_of(options: PipelineOptions, *, folder: Path) -> Path:
    """Return the file that says what the last training with these options stood on."""
    asked = options.model_dump(mode="json", exclude=_WHERE_FROM, exclude_defaults=True)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return folder / f"{digest[:16]}.json"


def trained_on(note: Path) -> Basis | None:
    """Return what the last training stood on; None where there was none, or its note cannot be read."""
    try:
        return Basis(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # then it is trained once more, which is answered from the cache
        return None


def remember(basis: Basis, note: Path) -> None:
    """Note what a training stood on, once it has ended well."""
    text = json.dumps(asdict(basis), indent=1)
    artefacts.write(note, lambda part: part.write_text(text, encoding="utf-8"), sealed=False)
