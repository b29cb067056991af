"""Finds the parts of the public release in a folder, or fetches them from an address. Opens no table and no image."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from cosmic.downloads import download
from cosmic.errors import ConfigError, PermanentSourceError

log = logging.getLogger(__name__)

TABLES: Final = ("gz2_hart16.csv*", "zoo2MainSpecz*.csv*", "table5*.csv*", "training_solutions_rev1.csv*")
"""Vote tables by name, the most trusted first: of a galaxy with strings in several, the first one's stands."""
_ENDINGS: Final = (".csv", ".csv.gz")
NAMES: Final = "gz2_filename_mapping.csv"
IMAGES: Final = ("images_gz2.zip", "images.zip", "images_gz2", "images")
SUMS: Final = "SHA256SUMS"
_FILES: Final = (".csv", ".csv.gz", ".zip")
_FETCHED: Final = (("gz2_hart16.csv.gz", "gz2_hart16.csv"), (NAMES,), ("images_gz2.zip",))
"""What is asked for at an address, each under the first of its names that is there; only the votes must be."""


@dataclass(frozen=True, slots=True)
class Release:
    """Where the parts of a release lie.

    Parameters
    ----------
    tables : tuple of Path
        Vote tables, the most trusted first.
    names : Path or None
        Which image shows which galaxy.
    images : Path or None
        A folder or a zip of images.
    """

    tables: tuple[Path, ...]
    names: Path | None
    images: Path | None


def find_release(folder: Path) -> Release:
    """Return the parts that a folder holds. Of a table that lies there gzipped and unpacked, the unpacked one counts.

    Raises
    ------
    ConfigError
        If it is no folder, or has no vote table; the message names what would do.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"--gz2 {folder}: there is no such folder. Name the one that holds gz2_hart16.csv, or an address."
        )
    tables = [path for pattern in TABLES for path in sorted(folder.glob(pattern)) if path.name.endswith(_ENDINGS)]
    unpacked = {path.name for path in tables}
    tables = [path for path in tables if path.name.removesuffix(".gz") == path.name or path.stem not in unpacked]
    if not tables:
        raise ConfigError(
            f"--gz2 {folder} holds no vote table. Needed is one of gz2_hart16.csv[.gz], zoo2MainSpecz.csv[.gz], "
            "table5….csv[.gz] or training_solutions_rev1.csv."
        )
    names = next((path for name in (NAMES, f"{NAMES}.gz") if (path := folder / name).exists()), None)
    images = next((path for name in IMAGES if (path := folder / name).exists()), None)
    if (names is None) != (images is None):
        here, lacking = (images, NAMES) if names is None else (names, " or ".join(IMAGES))
        log.warning("%s holds %s and no %s, so galaxies get no images", folder, here and here.name, lacking)
    return Release(tuple(tables), names, images)


def fetch_release(address: str, folder: Path) -> Release:
    """Return the parts of the release at an address, fetched into `folder` as far as they were not there.

    Where the address has a ``SHA256SUMS``, every file must agree with it.

    Raises
    ------
    PermanentSourceError
        If there is no vote table.
    TransientSourceError, SuspiciousResponse, ConfigError
        As `cosmic.downloads.download`.
    """
    sums = _sums(address, folder)
    for names in _FETCHED:
        for name in names:
            try:
                download(_at(address, name), folder / name, sha256=sums.get(name))
                break
            except PermanentSourceError as exc:
                missing = exc
        else:
            if names == _FETCHED[0]:
                raise missing
            log.warning("galaxies get no images: %s", missing)
    return find_release(folder)


def _at(address: str, name: str) -> str:
    """Return the address of a file beside others; what follows ``?`` stays."""
    parts = urlsplit(address)
    folder = parts.path.rstrip("/")
    if folder.endswith(_FILES):  # somebody named a file of the release
        folder = folder.rpartition("/")[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{name}", parts.query, ""))


def _sums(address: str, folder: Path) -> dict[str, str]:
    try:
        lines = download(_at(address, SUMS), folder / SUMS).read_text(encoding="utf-8").splitlines()
    except PermanentSourceError:
        return {}
    pairs = [line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2]
    return {name.lstrip("*").strip(): digest.lower() for digest, name in pairs}
