"""Signals that arrive while the catalogue cannot be reached: told at once, kept as files, and taken in when it is back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from cosmic import artefacts
from cosmic.alerts.records import Signal


@dataclass(frozen=True, slots=True)
class Spooled:
    """A signal, when it came, and the fingerprints of the addresses that were told."""

    signal: Signal
    came: datetime
    delivered: tuple[str, ...]


_ADAPTER = TypeAdapter(Spooled)


def put(folder: Path, spooled: Spooled) -> Path:
    """Keep a signal as a file of its own, whole or not at all."""
    text = _ADAPTER.dump_json(spooled)
    name = f"{spooled.came:%Y%m%dT%H%M%S%f}-{hashlib.sha256(text).hexdigest()[:8]}.json"
    return artefacts.write(folder / name, lambda part: part.write_bytes(text), sealed=False)


def kept(folder: Path) -> tuple[tuple[Path, Spooled], ...]:
    """Return what is kept, the oldest first."""
    return tuple((path, _ADAPTER.validate_json(path.read_bytes())) for path in sorted(folder.glob("*.json")))
