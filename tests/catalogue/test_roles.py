"""A role that owns its two schemas and nothing else is enough for all that Cosmic does in Postgres."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cosmic.catalogue import Catalogue, copying
from cosmic.catalogue.database import Database, parse
from cosmic.catalogue.glance import glance
from cosmic.catalogue.health import rights
from cosmic.catalogue.roles import role_sql
from cosmic.errors import ConfigError
from cosmic.records import JudgedPage, Sky
from cosmic.snapshots import identify
from tests.catalogue.filled import NOW, complete

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]


@pytest.fixture
def role_url(postgres_url: str) -> Iterator[str]:
    """Give a database as its least-privilege role sees it; an administrator ran the printed SQL, but for the password."""
    name = f"cosmic-test-{uuid.uuid4().hex[:8]}"  # a name that needs quotes
    url = make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{url.database}" FROM PUBLIC')
        for line in role_sql(name, database=str(url.database), schema="astro").splitlines():
            if not line.startswith("\\password"):
                connection.exec_driver_sql(line)
    yield url.set(username=name).update_query_dict({"schema": "astro"}).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'DROP OWNED BY "{name}" CASCADE')
        connection.exec_driver_sql(f'DROP ROLE "{name}"')
    engine.dispose()


def test_the_role_does_all_that_runs_do_and_may_do_nothing_else(
    role_url: str, sqlite_url: str, tmp_path: Path, make_rows: MakeRows, make_page: MakePage
) -> None:
    for sky in Sky:
        kind = "simulated" if sky is Sky.SIMULATED else "files"
        page, more = (make_page(make_rows(20, seed=seed), name="rows", content=f"{seed}", kind=kind) for seed in (0, 1))
        with Catalogue.open(role_url, sky=sky, lock_folder=tmp_path) as catalogue:
            assert catalogue.ingest([page]).inserted == 20
            assert catalogue.ingest([page]).unchanged == 20
            catalogue.ingest([page, more])
            complete(catalogue)
            assert catalogue.rows().num_rows == 40
        found = glance(role_url, sky=sky)
        assert found is not None
        assert found.rows == 40
    may = rights(role_url, sky=Sky.REAL)
    assert may is not None
    assert (may.there, may.may_write, may.may_make, may.superuser) == (True, True, False, False)
    server = Database(role_url, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    for forbidden in ("CREATE SCHEMA other", "CREATE ROLE other", "CREATE TABLE public.t (a int)"):
        with pytest.raises(ConfigError, match="does not let this user do that"), server.writing() as connection:
            connection.exec_driver_sql(forbidden)
    with server.reading() as connection:
        flags = sa.text(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles "
            "WHERE rolname = current_user"
        )
        assert connection.execute(flags).scalar_one() is False
    back = Database(sqlite_url, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    copied = copying.copy(server, back, sky=Sky.REAL, now=NOW, identify=partial(identify, sky=Sky.REAL))
    assert copied.held.rows["objects"] == 40


@pytest.mark.slow
def test_two_teams_share_a_database_and_never_meet(
    postgres_url: str, tmp_path: Path, make_rows: MakeRows, make_page: MakePage
) -> None:
    ours = make_url(postgres_url)
    theirs = ours.update_query_dict({"schema": "their_sky"}).render_as_string(hide_password=False)
    with Catalogue.open(postgres_url, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        catalogue.ingest([make_page(make_rows(5))])
    with Catalogue.open(theirs, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        assert catalogue.rows().num_rows == 0
    assert "schema" not in parse(theirs).query
    engine = sa.create_engine(parse(theirs))
    assert {"cosmic_real", "their_sky_real"} <= set(sa.inspect(engine).get_schema_names())
    engine.dispose()


@pytest.mark.parametrize("name", ["Astro", "a b", 'a"; DROP SCHEMA public', "1a", "a" * 41])
def test_a_schema_that_would_need_quotes_is_refused(name: str, tmp_path: Path) -> None:
    url = sa.URL.create("postgresql", host="nowhere.invalid", database="x", query={"schema": name})
    with pytest.raises(ConfigError, match="names the schema"):
        Database(url.render_as_string(hide_password=False), sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=1)


def test_other_parameters_of_the_url_reach_the_server(postgres_url: str, tmp_path: Path) -> None:
    url = make_url(postgres_url).update_query_dict(
        {
            "application_name": "cosmic at night",
            "sslmode": "allow",
            "connect_timeout": "3",
            "options": "-c work_mem=7MB",
        }
    )
    text = url.render_as_string(hide_password=False)
    database = Database(text, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    with database.reading() as connection:
        asked = connection.execute(sa.text("SELECT current_setting('application_name'), current_setting('work_mem')"))
        assert tuple(asked.one()) == ("cosmic at night", "7MB")
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.info.get_parameters()["connect_timeout"] == "3"
        assert driver.info.get_parameters()["sslmode"] == "allow"
    assert rights(text, sky=Sky.REAL) is not None
