"""Signals that arrive while there is no catalogue to take them: kept as files, in the order in which they came."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cosmic import artefacts
from cosmic.alerts.records import Signal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spooled:
    """A signal, when it came, and the fingerprints of the addresses that were told."""

    signal: Signal
    came: datetime
    delivered: tuple[str, ...] = ()


_ADAPTER = TypeAdapter(Spooled)


def put(folder: Path, spooled: Spooled) -> Path:
    """Keep a signal as a file of its own, whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # numbered, since a clock may be set back
    last = max((int(path.name[:6]) for path in folder.glob("[0-9]*.json") if path.name[:6].isdigit()), default=0)
    name = f"{last + 1:06d}-{hashlib.sha256(_ADAPTER.dump_json(spooled)).hexdigest()[:8]}.json"
    return rewrite(folder / name, spooled)


def rewrite(path: Path, spooled: Spooled) -> Path:
    """Keep what is now known of a signal in its file."""
    return artefacts.write(path, lambda part: part.write_bytes(_ADAPTER.dump_json(spooled)), sealed=False)


def kept(folder: Path) -> tuple[tuple[Path, Spooled], ...]:
    """Return what is kept, in the order in which it came. A file that is none of ours is left alone, and named."""
    found: list[tuple[Path, Spooled]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append((path, _ADAPTER.validate_json(path.read_bytes())))
        except FileNotFoundError:  # another process took it in
            continue
        except (ValidationError, OSError) as error:
            _log.warning("%s holds no signal that can be read (%s); remove it", path, type(error).__name__)
    return tuple(found)
