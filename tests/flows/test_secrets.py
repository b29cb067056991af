"""Passwords of the catalogue's server and of those who are told stay where they were given: after a run, nothing holds them."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cosmic.catalogue.roles import role_sql
from tests.alerts.receivers import web_hook
from tests.conftest import PASSWORD_USER
from tests.flows.drill import SMALL, pipeline, run

pytestmark = pytest.mark.slow

PASSWORD = f"pa:ss/{uuid.uuid4().hex}"
TOLD = uuid.uuid4().hex


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """Give a database whose server asks for a password, and whose role owns its schemas and nothing else."""
    if os.environ.get("COSMIC_TEST_POSTGRES_URL"):
        pytest.skip("how a server that is not ours asks for passwords is not ours to change")
    plain = make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(plain, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        there = connection.execute(
            sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": PASSWORD_USER}
        ).scalar()
        for line in role_sql(PASSWORD_USER, database=str(plain.database), schema="night").splitlines():
            if not line.startswith("\\") and not (there and line.startswith("CREATE ROLE")):
                connection.exec_driver_sql(line)
        connection.exec_driver_sql(f"ALTER ROLE {PASSWORD_USER} PASSWORD '{PASSWORD}'")
    own = plain.set(drivername="postgresql", username=PASSWORD_USER, password=PASSWORD)
    yield own.update_query_dict({"schema": "night"}).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {PASSWORD_USER} CASCADE")
        connection.exec_driver_sql(f"DROP ROLE {PASSWORD_USER}")
    engine.dispose()


def test_nothing_that_a_run_writes_or_says_holds_a_password(url: str, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    home = tmp_path / "person"
    home.mkdir()
    (secrets / "database").write_text(url)
    with web_hook() as hook:
        (secrets / "alerts").write_text(hook.address.replace("json://", f"json://someone:{TOLD}@"))
        files = {
            "COSMIC_DATABASE_URL_FILE": f"{secrets / 'database'}",
            "COSMIC_ALERT_URLS_FILE": f"{secrets / 'alerts'}",
        }
        whole = pipeline(*SMALL, "--verbose", folder=home, **files)
        assert whole.returncode == 0, whole.stderr
        refused = pipeline(*SMALL, "--night", "1", "--faults", "flux-band", folder=home, **files)
        tested = run("-c", "from flows.cli import main; main()", "alerts", "test", folder=home, **files)
        assert tested.returncode == 0, tested.stderr
        assert hook.posts, "somebody was told, with the password"
    said = "".join(one.stdout + one.stderr for one in (whole, refused, tested))
    spellings = {form.encode() for one in (PASSWORD, TOLD) for form in (one, quote(one), quote(one, safe=""))}
    assert not any(spelling in said.encode() for spelling in spellings)
    files_with = [
        path for path in home.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in spellings)
    ]
    assert files_with == []
    given = (secrets / "database").read_bytes(), (secrets / "alerts").read_bytes()
    assert all(any(form in one for form in spellings) for one in given), "the search would have found them"
    assert (home / "cosmic" / "prefect" / "prefect.db").exists(), "what Prefect keeps was looked at"
    assert _rows(home / "cosmic" / "prefect" / "prefect.db") > 0
    engine = sa.create_engine(make_url(url).difference_update_query(["schema"]).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names("night_simulated")
        assert {"objects", "runs", "notices"} <= set(tables)
        for table in tables:
            rows = sa.select(sa.cast(sa.column(table), sa.Text)).select_from(sa.table(table, schema="night_simulated"))
            text = "".join(str(row) for row in connection.execute(rows).scalars())
            assert not any(form.decode() in text for form in spellings), table
    engine.dispose()


def _rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM flow_run").fetchone()[0])
