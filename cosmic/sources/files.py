"""A person's own tables as a source: one page a file, several files one ingest.

Copies files into the page store before reading them; never changes or moves the person's own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from cosmic.clock import Clock, utc_now
from cosmic.errors import ConfigError, PermanentSourceError
from cosmic.records import Page, Sky
from cosmic.sources.base import Overrides, PageStore, ParsedPage
from cosmic.sources.formats import open_table
from cosmic.sources.mapping import ColumnMap, map_columns, missing_labels
from cosmic.sources.parsing import parse_page

log = logging.getLogger(__name__)

__all__ = ["FilesSource", "check_paths", "check_tables", "parse_page"]


class FilesSource:
    """Files of one export: CSV, FITS, Parquet or VOTable, gzipped or not.

    Parameters
    ----------
    paths : sequence of Path
        At least one file.
    columns : tuple of (str, str)
        Overrides of the alias table, for every file.
    clock : callable
        Gives the times in the manifests.
    require_labels : bool
        Whether a file without class and subclass is refused; False for objects that are to be classified.
    """

    kind = "files"
    sky = Sky.REAL

    def __init__(
        self,
        paths: Sequence[Path],
        columns: Overrides = (),
        clock: Clock = utc_now,
        *,
        require_labels: bool = True,
    ) -> None:
        self.paths = tuple(paths)
        self.columns = columns
        self._clock = clock
        self._require_labels = require_labels

    def pages(self, store: PageStore) -> Iterator[Page]:
        """Yield one page a file, in the order given; a file with the same bytes as another is read once.

        Every file is stored before any is read. Then the headers are compared: nothing is yielded unless all files
        can be read and are in one magnitude system.

        Raises
        ------
        PermanentSourceError, SuspiciousResponse
            If a file is missing or is no table.
        ConfigError
            If a file lacks required columns, or the files are in different magnitude systems.
        """
        check_paths(self.paths)
        pages: dict[str, Page] = {}
        for path in self.paths:
            page = store.add_file(path, kind=self.kind, clock=self._clock, columns=self.columns)
            twin = pages.setdefault(page.id, page)
            if twin is not page:
                log.warning("%s holds the same bytes as %s and is read once", page.origin, twin.origin)
        _check_one_system(
            [
                (page.origin, _columns_of(page.path, page.origin, page.columns, labels=self._require_labels))
                for page in pages.values()
            ]
        )
        yield from pages.values()

    def parse(self, page: Page) -> ParsedPage:
        """Return the rows of a stored page."""
        return parse_page(page, require_labels=self._require_labels)


def check_tables(paths: Sequence[Path], columns: Overrides = ()) -> None:
    """Raise unless every path is a table with what is required, all in one magnitude system. Reads headers alone.

    Raises
    ------
    PermanentSourceError, SuspiciousResponse, ConfigError
        As `FilesSource.pages`.
    """
    check_paths(paths)
    _check_one_system([(str(path), _columns_of(path, str(path), columns, labels=True)) for path in paths])


def _columns_of(path: Path, called: str, overrides: Overrides, *, labels: bool) -> ColumnMap:
    columns = map_columns(open_table(path, name=called).names, overrides, file=called)
    if labels and (error := missing_labels(columns, file=called)):
        raise error
    return columns


def check_paths(paths: Sequence[Path]) -> None:
    """Raise unless every path is an existing file.

    Raises
    ------
    ConfigError
        If there is none at all.
    PermanentSourceError
        If one is missing, with the most similar names of its folder, or is a folder.
    """
    if not paths:
        raise ConfigError("No file to read. Name at least one with --path PATH.")
    for path in paths:
        if path.is_dir():
            raise PermanentSourceError(f"{path} is a folder. Name the files in it, one by one.")
        if not path.exists():
            raise PermanentSourceError(f"{path} does not exist{_similar(path)}. Check the path.")


def _similar(path: Path) -> str:
    if not path.parent.is_dir():
        return f", nor does its folder {path.parent}"
    names = [found.name for found in path.parent.iterdir() if found.is_file()]
    by_lower = {name.lower(): name for name in names}
    close = [by_lower[name] for name in get_close_matches(path.name.lower(), by_lower, n=3, cutoff=0.6)]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _check_one_system(found: Sequence[tuple[str, ColumnMap]]) -> None:
    if len({columns.system for _, columns in found}) > 1:
        listed = "; ".join(f"{origin}: {columns.system} ({columns.system_reason})" for origin, columns in found[:10])
        raise ConfigError(
            f"The files are in different magnitude systems, which are never mixed: {listed}. Ingest them into homes of "
            "their own, or choose one system for all with --column system=NAME or --column u=COLUMN and so on."
        )
