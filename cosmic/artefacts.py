"""Files of ours on disk: written whole or not at all, and known to be unchanged later. Knows no format."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from cosmic.errors import ArtefactCorrupt

_DIGEST = re.compile(r"[0-9a-f]{64}")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, fill: Callable[[Path], object], *, sealed: bool = True) -> Path:
    """Return `path` after `fill` wrote it; a reader, a crash or a second writer never sees half a file.

    Parameters
    ----------
    sealed : bool
        Whether the digest lands, first, in a small file beside it, below those of earlier writers: of two that
        write at once, either may come last. A crash between the two leaves a digest without its file, or beside an
        older one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        fill(part)
        if sealed:
            digest = sha256_of(part)
            if digest not in _digests(path):
                with _seal(path).open("a", encoding="ascii") as seal:
                    seal.write(f"{digest}\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def intact(path: Path) -> bool:
    """Return whether a file is there and holds what was written.

    The digest is among those that `write` left beside it, or the name of a file that is named by its sha256.
    """
    try:
        digest = sha256_of(path)  # before the seal is read: a writer adds to it first
    except FileNotFoundError:
        return False
    named = path.name.partition(".")[0]
    if _DIGEST.fullmatch(named) and not _seal(path).exists():
        return digest == named
    return digest in _digests(path)


def check(path: Path) -> Path:
    """Return `path` if it is intact.

    Raises
    ------
    ArtefactCorrupt
        If the file is missing or differs from its digest.
    """
    if not intact(path):
        state = "differs from its digest" if path.exists() else "is missing"
        raise ArtefactCorrupt(f"{path} {state}. Run the same command again: the step that makes it will run anew.")
    return path


def files_of(record: object) -> Iterator[Path]:
    """Yield every file that a record names, in records within it and in lists too."""
    if isinstance(record, Path):
        yield record
    elif isinstance(record, list | tuple):
        for item in record:
            yield from files_of(item)
    elif dataclasses.is_dataclass(record) and not isinstance(record, type):
        for field in dataclasses.fields(record):
            yield from files_of(getattr(record, field.name))


def _digests(path: Path) -> list[str]:
    try:
        return _seal(path).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def _seal(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
