"""`reports/latest` holds the newest report. Copies and removes files; never builds a page, never makes links.

A folder cannot be replaced in one step on every system, but a file can. So the files of the folder are replaced one by
one, in an order in which a kill at any moment leaves a whole report that opens: first the arrays, whose names are
their digests, then facts.json, then report.html, which needs nothing beside it; what the new report does not hold goes
last. Publishing again finishes what a kill left open.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from filelock import FileLock

from cosmic.errors import ArtefactCorrupt
from cosmic.facts.file import write_whole

_LAST: Final = ("facts.json", "report.html")
_log = logging.getLogger(__name__)


def publish_latest(report_folder: Path, latest_folder: Path) -> Path:
    """Make `latest_folder` hold the files of `report_folder` and return its report.html.

    Two runs that publish at once wait for each other, and the later one stays.

    Raises
    ------
    ArtefactCorrupt
        If `report_folder` holds no complete report.
    """
    lacking = [name for name in _LAST if not (report_folder / name).is_file()]
    if lacking:
        raise ArtefactCorrupt(
            f"{report_folder} holds no {' and no '.join(lacking)}, so it is not published. Run the pipeline again."
        )
    latest_folder.mkdir(parents=True, exist_ok=True)
    with FileLock(str(latest_folder.with_name(f".{latest_folder.name}.lock"))):
        names = sorted(_report_files(report_folder), key=lambda name: (_rank(name), name))
        for name in names:
            write_whole(latest_folder / name, (report_folder / name).read_bytes())
        for path in latest_folder.iterdir():
            if path.is_file() and path.name not in names:
                path.unlink()
    _log.info("%d files of %s published to %s", len(names), report_folder.name, latest_folder)
    return latest_folder / "report.html"


def _report_files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file() and path.suffix in (".html", ".json", ".npy")]


def _rank(name: str) -> int:
    return _LAST.index(name) + 1 if name in _LAST else 0
