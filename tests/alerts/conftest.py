"""A catalogue on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue
from cosmic.records import Sky


@pytest.fixture
def catalogue(database_url: str, tmp_path: Path) -> Iterator[Catalogue]:
    """Give a new catalogue of the real sky, once in SQLite and once in Postgres."""
    with Catalogue.open(database_url, sky=Sky.REAL, lock_folder=tmp_path / "locks") as opened:
        yield opened
