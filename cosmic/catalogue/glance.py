"""A look at a catalogue that changes nothing: no file, no schema, no lock. For dry runs; never migrates, never writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc

from cosmic.catalogue.database import parse, reach
from cosmic.catalogue.tables import OBJECTS, CatalogueRow, IngestPageRow, IngestRow
from cosmic.records import CatalogueId, Sky


@dataclass(frozen=True, slots=True)
class Glance:
    """What a catalogue is and holds: its id, the state of its rows, their number, and the pages of its last ingest."""

    id: CatalogueId
    state: str
    rows: int
    last_pages: tuple[str, ...]


def glance(url: str, *, sky: Sky) -> Glance | None:
    """Return what the catalogue at a URL holds; None where there is none yet, or it cannot be read as it is.

    Raises
    ------
    ConfigError
        If the URL is wrong, or a server refuses the user.
    TransientSourceError
        If a server cannot be reached.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(str(parsed.database)).absolute()
        if not file.exists():
            return None
        # SQLite makes files beside a database in WAL mode even to read it, unless it is told that nobody writes
        writing = file.with_name(f"{file.name}-wal").exists()
        address = f"sqlite:///{file.as_uri()}?mode=ro&uri=true" + ("" if writing else "&immutable=1")
        engine = sa.create_engine(address, hide_parameters=True)
    else:
        reach(url, sky=sky)
        options = {"connect_timeout": 5, "options": f"-c search_path=cosmic_{sky} -c default_transaction_read_only=on"}
        engine = sa.create_engine(parsed, connect_args=options, hide_parameters=True)
    last = sa.select(IngestRow.id).order_by(IngestRow.number.desc()).limit(1).scalar_subquery()
    pages = sa.select(IngestPageRow.page_id).where(IngestPageRow.ingest_id == last).order_by(IngestPageRow.position)
    try:
        with engine.connect() as connection:
            here = connection.execute(sa.select(CatalogueRow.id, CatalogueRow.state)).one()
            rows = connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one()
            return Glance(CatalogueId(here.id), here.state, rows, tuple(connection.execute(pages).scalars()))
    except exc.SQLAlchemyError:
        return None
    finally:
        engine.dispose()
