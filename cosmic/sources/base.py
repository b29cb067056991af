"""What every source is and yields: pages of bytes, stored with a manifest before anything reads them.

Knows no archive and no file format. Writes only below the folder of its `PageStore`, each file under a temporary
name that is then renamed, so that a reader sees a whole page or none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from cosmic.artefacts import intact, sha256_of, write
from cosmic.clock import Clock, utc_now
from cosmic.errors import ArtefactCorrupt, ConfigError, PermanentSourceError
from cosmic.records import MagnitudeSystem, MagnitudeUnit, Page, PageId, Sky

log = logging.getLogger(__name__)

Overrides = tuple[tuple[str, str], ...]
"""(canonical name, column in the file) pairs that outrank the alias table."""

UNCASTABLE_SCHEMA: Final = pa.schema(
    [("row_number", pa.int64()), ("column", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)
"""Cells that could not be read as what their column needs; `column` is "" where the whole line is broken."""

_CHUNK: Final = 1 << 20
_PACKAGES: Final = ("cosmic-retrain", "pyarrow", "astropy", "astroquery", "numpy")
_COMPRESSION: Final = (".gz",)


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """The rows of a page in canonical columns, with everything that was decided on the way.

    Parameters
    ----------
    rows : pyarrow.Table
        ``row_number`` (int64, the 1-based data row of the file; header, ``#Table1`` and blank lines do not count),
        then the canonical columns that the file has, in the order and with the types of
        `cosmic.columns.OBJECT_SCHEMA`, without ``object_key``. Magnitudes are in mag whatever `unit` says.
    uncastable : pyarrow.Table
        `UNCASTABLE_SCHEMA`: cells that are null in `rows` because they are no value of their column's type.
        Their rows are in `rows` and belong in quarantine.
    mapping : dict of str to str
        Canonical column to the file column that serves it.
    system : MagnitudeSystem
        Which magnitudes u g r i z are.
    unit : MagnitudeUnit
        Unit of u g r i z as they stood in the file.
    unit_reason : str
        How system and unit are known, with the figures where they were guessed.
    nulled : dict of str to int
        Optional column to the number of its cells that held a "not measured" mark and became null.
    unmapped : tuple of str
        File columns that serve nothing.
    left_out : dict of str to str
        Optional column that the file has and `rows` lacks, since hardly any of its values can be trusted, and why.
        It is in neither `mapping` nor `unmapped`.
    partly : dict of str to str
        Column of which some values were not taken, and why.
    """

    rows: pa.Table
    uncastable: pa.Table
    mapping: dict[str, str]
    system: MagnitudeSystem
    unit: MagnitudeUnit
    unit_reason: str
    nulled: dict[str, int] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    partly: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Where rows come from.

    `pages` stores bytes and manifest of each page before anything is parsed; `parse` reads stored bytes alone, so
    a page can be parsed again on any day, by any version of this code.
    """

    @property
    def kind(self) -> str:
        """Name of the source: a key of `cosmic.sources.SOURCES`."""
        ...

    @property
    def sky(self) -> Sky:
        """Whether its rows are of the real sky."""
        ...

    def pages(self, store: PageStore) -> Iterator[Page]:
        """Yield the pages of this source, each already in `store`."""
        ...

    def parse(self, page: Page) -> ParsedPage:
        """Return the rows of a stored page."""
        ...


class PageStore:
    """A folder of pages named by the sha256 of their bytes, each with a manifest beside it.

    Storing a page twice is safe: an equal file is kept. A file whose bytes no longer match its name is replaced
    with a warning by `add`, since the right bytes are at hand there, and refused by `check_page`, where they are
    not. A manifest is kept, with the times of the first storing, until something else in it changes.

    Parameters
    ----------
    folder : Path
        Made where it is missing. A crash leaves at most a ``.part`` file here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        suffix: str,
        kind: str,
        origin: str,
        clock: Clock = utc_now,
        query: str | None = None,
        columns: Overrides = (),
        answer: Mapping[str, str | int] | None = None,
    ) -> Page:
        """Store the bytes of one answer and return its page.

        Parameters
        ----------
        chunks : iterable of bytes
            The answer as it comes; never held in memory as a whole.
        suffix : str
            How the stored file's name ends, such as ``.csv.gz``.
        kind : str
            The source's name.
        origin : str
            Where the bytes came from: a path, an address, or the settings of a simulated sky.
        clock : callable
            Gives the times at which reading started and ended.
        query : str, optional
            The exact query that was answered.
        columns : tuple of (str, str)
            Column overrides with which this page is to be parsed.
        answer : mapping, optional
            How a service answered: status, release, address.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{uuid.uuid4().hex}.part"
        started = clock()
        try:
            digest, size = _write_hashed(chunks, part)
            ended = clock()
            path = self.folder / f"{digest}{suffix}"
            self._settle(part, path, digest)
        finally:
            part.unlink(missing_ok=True)
        manifest = self.folder / f"{digest}.manifest.json"
        facts: dict[str, object] = {
            "sha256": digest,
            "file": path.name,
            "size": size,
            "kind": kind,
            "origin": origin,
            "query": query,
            "columns": [list(pair) for pair in columns],
        }
        if answer is not None:
            facts["answer"] = dict(answer)
        _write_manifest(manifest, facts, started=started, ended=ended)
        log.info(
            "page %s stored: %d bytes of %s in %.2f s", digest[:12], size, origin, (ended - started).total_seconds()
        )
        return Page(PageId(digest), path, manifest, origin, kind, size, columns)

    def add_file(self, path: Path, *, kind: str, clock: Clock = utc_now, columns: Overrides = ()) -> Page:
        """Store a copy of a file and return its page; the copy keeps its endings (``.csv.gz``).

        Raises
        ------
        PermanentSourceError
            If the file cannot be read.
        """
        try:
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(_CHUNK), b"")
                return self.add(
                    chunks, suffix=stored_suffix(path), kind=kind, origin=str(path), clock=clock, columns=columns
                )
        except PermissionError as exc:
            raise PermanentSourceError(f"{path} may not be read ({exc.strerror}). Allow it, or copy the file.") from exc

    def _settle(self, part: Path, path: Path, digest: str) -> None:
        if path.exists() and path.stat().st_size == part.stat().st_size and sha256_of(path) == digest:
            return
        if path.exists():
            log.warning("page %s: the stored file no longer matched its name and was replaced", digest[:12])
        part.replace(path)


class HashingStore(PageStore):
    """Names pages as a `PageStore` of the same folder would and stores nothing: for dry runs.

    The page of a file that is not stored yet lies where the person's own file does.
    """

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        suffix: str,
        kind: str,
        origin: str,
        clock: Clock = utc_now,
        query: str | None = None,
        columns: Overrides = (),
        answer: Mapping[str, str | int] | None = None,
    ) -> Page:
        """Return the page that these bytes would be."""
        del clock, query, answer
        sha, size = hashlib.sha256(), 0
        for chunk in chunks:
            sha.update(chunk)
            size += len(chunk)
        digest = sha.hexdigest()
        manifest = self.folder / f"{digest}.manifest.json"
        return Page(PageId(digest), self.folder / f"{digest}{suffix}", manifest, origin, kind, size, columns)

    def add_file(self, path: Path, *, kind: str, clock: Clock = utc_now, columns: Overrides = ()) -> Page:
        """Return the page that a file would be, readable where it lies."""
        page = super().add_file(path, kind=kind, clock=clock, columns=columns)
        return page if page.path.exists() else replace(page, path=path)


def check_page(page: Page) -> None:
    """Raise unless the stored bytes of a page are those that it was recorded with.

    Raises
    ------
    ArtefactCorrupt
        If the file is missing or its sha256 differs from the page's id.
    """
    remedy = f"Ingest its origin again ({page.origin}); the file is then written anew."
    if not page.path.is_file():
        raise ArtefactCorrupt(f"Page {page.id[:12]} is gone: {page.path} does not exist. {remedy}")
    if (found := sha256_of(page.path)) != page.id:
        raise ArtefactCorrupt(f"Page {page.id[:12]} has changed on disk: {page.path} has sha256 {found}. {remedy}")


def stored_suffix(path: Path) -> str:
    """Return the endings that a stored copy keeps: ``.csv.gz`` of ``My rows.v2.CSV.gz``."""
    endings = [ending.lower() for ending in path.suffixes]
    kept = endings[-2:] if endings and endings[-1] in _COMPRESSION else endings[-1:]
    return "".join(ending for ending in kept if re.fullmatch(r"\.[a-z0-9]{1,10}", ending))


def _write_hashed(chunks: Iterable[bytes], path: Path) -> tuple[str, int]:
    sha, size = hashlib.sha256(), 0
    with path.open("xb", buffering=0) as file:  # a full disk shows at the write, not when the file is closed
        for chunk in chunks:
            sha.update(chunk)
            size += _put(file, chunk)
    return sha.hexdigest(), size


def _put(file: FileIO, chunk: bytes) -> int:
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as exc:  # of the disk: what comes from a source or a connection fails outside
        raise ConfigError(
            f"No page can be written in {Path(str(file.name)).parent} ({exc.strerror}). Nothing was changed; make room, or "
            "use another --home, and run the same command again."
        ) from exc
    return len(chunk)


def _write_manifest(path: Path, facts: dict[str, object], *, started: datetime, ended: datetime) -> None:
    with suppress(FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        known = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(known, dict) and {name: known.get(name) for name in facts} == facts and intact(path):
            return  # stored before from the same place: the first times are the true ones
    whole = facts | {
        "started": started.astimezone(UTC).isoformat(),
        "ended": ended.astimezone(UTC).isoformat(),
        "versions": _versions(),
    }
    text = json.dumps(whole, indent=2, sort_keys=True) + "\n"
    write(path, lambda part: part.write_text(text, encoding="utf-8"))


def _versions() -> dict[str, str]:
    """Versions of the libraries that may read a page, without importing them."""
    versions = {}
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
