"""A look at a catalogue that changes nothing tells a server that is not there from one that holds nothing yet."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cosmic.catalogue import Catalogue
from cosmic.catalogue.glance import glance
from cosmic.errors import ConfigError, TransientSourceError
from cosmic.records import Sky


def test_a_server_that_does_not_answer_is_no_new_catalogue() -> None:
    with socket.socket() as probe:  # bound and deaf: nobody else takes the port meanwhile
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(TransientSourceError, match=f"sky at 127.0.0.1:{port} cannot be reached") as refused:
            glance(f"postgresql://me:swordfish@127.0.0.1:{port}/sky", sky=Sky.REAL)
    assert "swordfish" not in str(refused.value)


def test_a_database_that_a_server_does_not_have_is_named(postgres_url: str) -> None:
    url = make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(ConfigError, match="nowhere"):
        glance(url, sky=Sky.REAL)


def test_an_empty_database_is_a_new_catalogue_and_stays_empty(postgres_url: str) -> None:
    assert glance(postgres_url, sky=Sky.REAL) is None
    engine = sa.create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    assert "cosmic_real" not in sa.inspect(engine).get_schema_names()
    engine.dispose()


def test_a_catalogue_is_seen(database_url: str, tmp_path: Path) -> None:
    with Catalogue.open(database_url, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        known = catalogue.id
    found = glance(database_url, sky=Sky.REAL)
    assert found is not None
    assert (found.id, found.rows, found.last_pages) == (known, 0, ())
