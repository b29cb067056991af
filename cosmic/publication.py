"""Puts reports where people read them: a folder, or S3 and whatever else fsspec reaches. Builds and judges no report."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fsspec
from fsspec import AbstractFileSystem

from cosmic.errors import ConfigError, TransientSourceError
from cosmic.records import Report, Sky

log = logging.getLogger(__name__)

SHOWN: Final = (".html", ".json")
"""Endings of the files of a report that people and programs read; arrays stay in the home."""
NEWEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class Place:
    """Where reports are published, and how people reach them.

    Parameters
    ----------
    url : str or None
        A folder, or an address of fsspec, such as s3://bucket/cosmic; None: nowhere.
    public : str or None
        The address at which a browser finds what is there; None where it cannot.
    """

    url: str | None = None
    public: str | None = None

    def link(self, made: Report, *, sky: Sky) -> str | None:
        """Return the address of a report; None where nobody could open it."""
        if self.url is None or self.public is None:
            return None
        return f"{self.public.rstrip('/')}/{sky}/{made.run}/{made.html.name}"

    def publish(self, made: Report, *, sky: Sky) -> None:
        """Copy a report and the newest one to their place.

        A page is copied after the facts behind it, and the newest after its own, so that what can be opened is whole.

        Raises
        ------
        ConfigError
            If the place means nothing, or needs a library that is not installed.
        TransientSourceError
            If it cannot be reached or written.
        """
        if self.url is None:
            return
        system, root = self._reach()
        for folder, name in ((made.html.parent, f"{sky}/{made.run}"), (made.latest.parent, NEWEST)):
            self._copy(system, folder, f"{root}/{name}")
        log.info("report %s published", made.run)

    def put(self, folder: Path) -> None:
        """Copy the pages of a folder, and the facts behind them, beside the folders of reports.

        Raises
        ------
        ConfigError, TransientSourceError
            As `publish`.
        """
        if self.url is None:
            return
        system, root = self._reach()
        self._copy(system, folder, root)

    def _reach(self) -> tuple[AbstractFileSystem, str]:
        try:
            system, root = fsspec.core.url_to_fs(self.url)
        except ImportError as exc:
            raise ConfigError(
                f"COSMIC_PUBLISH_URL begins with {_kind(self.url)}://, which needs a library that is not installed ({exc}). "
                "For s3:// install the extra: python -m pip install 'cosmic-retrain[s3]'."
            ) from exc
        except ValueError as exc:
            raise ConfigError(
                f"COSMIC_PUBLISH_URL begins with {_kind(self.url)}://, which is no place that reports can be put to ({exc}). "
                "Name a folder, or s3://bucket/folder."
            ) from exc
        return system, root.rstrip("/")

    def _copy(self, system: AbstractFileSystem, folder: Path, target: str) -> None:
        files = sorted(
            (path for path in folder.iterdir() if path.suffix in SHOWN), key=lambda path: path.suffix == ".html"
        )
        try:
            system.makedirs(target, exist_ok=True)
            for path in files:
                system.pipe_file(f"{target}/{path.name}", path.read_bytes())
        except Exception as exc:  # each system has errors of its own; none may name a key or a token
            raise TransientSourceError(
                f"The report of {folder} could not be published ({type(exc).__name__}): COSMIC_PUBLISH_URL cannot be reached "
                "or written. The report itself is whole; the next run publishes its own."
            ) from exc


def _kind(url: str | None) -> str:
    return (url or "").partition("://")[0]
