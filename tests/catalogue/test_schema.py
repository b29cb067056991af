from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cosmic.catalogue import Catalogue, schema
from cosmic.catalogue.database import Database
from cosmic.catalogue.tables import OBJECTS, Base
from cosmic.errors import ConfigError
from cosmic.records import Sky

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Database:
    return Database(database_url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=10)


def described(connection: sa.Connection) -> dict[str, Any]:
    """Everything that a database says about its tables."""
    inspector = sa.inspect(connection)
    found: dict[str, Any] = {}
    for name in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[name] = {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(name)},
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "checks": {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(name)},
            "references": sorted(
                (c["constrained_columns"], c["referred_table"], sorted(c["options"].items()))
                for c in inspector.get_foreign_keys(name)
            ),
            "unique": sorted(c["column_names"] for c in inspector.get_unique_constraints(name)),
            "indexes": sorted((i["name"], i["column_names"]) for i in inspector.get_indexes(name)),
        }
    return found


def test_the_migrations_make_exactly_the_defined_tables(
    database: Database, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    schema.upgrade(database, sky=Sky.REAL, now=NOW)
    with database.reading() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata) == []
        )
        migrated = described(connection)
    url = make_database("postgres" if database.is_postgres else "sqlite")
    defined = Database(url, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=10)
    defined.prepare()
    with defined.writing() as connection:
        Base.metadata.create_all(connection)
        assert described(connection) == migrated
    assert len(migrated["objects"]["checks"]) > 40


def test_down_and_up_again_leaves_nothing_behind_and_makes_a_new_catalogue(database: Database) -> None:
    schema.upgrade(database, sky=Sky.REAL, now=NOW)
    first = _id(database)
    schema.move(database, "base", sky=Sky.REAL, now=NOW)
    with database.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    schema.upgrade(database, sky=Sky.REAL, now=NOW)
    assert uuid.UUID(_id(database)) != uuid.UUID(first)


def _id(database: Database) -> str:
    with database.reading() as connection:
        return str(connection.execute(sa.text("SELECT id FROM catalogue")).scalar_one())


def test_opening_again_finds_the_same_catalogue(database_url: str, open_catalogue: Callable[..., Catalogue]) -> None:
    first, second = open_catalogue(database_url), open_catalogue(database_url)
    assert first.id == second.id
    assert uuid.UUID(first.id).version == 4
    assert first.state == "0" * 64
    assert first.system is None


def test_a_catalogue_of_a_newer_version_is_refused_with_the_reason(
    database: Database, database_url: str, open_catalogue: Callable[..., Catalogue]
) -> None:
    schema.upgrade(database, sky=Sky.REAL, now=NOW)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=r"newer Cosmic .*revision 9999.*Update Cosmic"):
        open_catalogue(database_url)


def test_one_sqlite_file_never_serves_both_skies(sqlite_url: str, open_catalogue: Callable[..., Catalogue]) -> None:
    open_catalogue(sqlite_url, sky=Sky.SIMULATED)
    with pytest.raises(ConfigError, match="holds the simulated sky, and this run is of the real one"):
        open_catalogue(sqlite_url, sky=Sky.REAL)


def test_one_postgres_url_keeps_the_skies_apart(postgres_url: str, open_catalogue: Callable[..., Catalogue]) -> None:
    real, simulated = open_catalogue(postgres_url, sky=Sky.REAL), open_catalogue(postgres_url, sky=Sky.SIMULATED)
    assert real.id != simulated.id
    assert (real.sky, simulated.sky) == (Sky.REAL, Sky.SIMULATED)


def test_a_deleted_catalogue_comes_back_with_another_id(
    sqlite_url: str, tmp_path: Path, open_catalogue: Callable[..., Catalogue]
) -> None:
    first = open_catalogue(sqlite_url).id
    for file in tmp_path.glob("catalogue.db*"):
        file.unlink()
    assert open_catalogue(sqlite_url).id != first


def test_sqlite_checks_foreign_keys_and_lets_readers_read_while_one_writes(
    sqlite_url: str, open_catalogue: Callable[..., Catalogue], tmp_path: Path
) -> None:
    open_catalogue(sqlite_url)
    database = Database(sqlite_url, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=1)
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with database.writing(), database.reading() as reader:
        assert reader.execute(sa.text("SELECT count(*) FROM objects")).scalar() == 0


def test_a_spectrum_id_is_exact_text_in_python_and_padded_digits_or_a_number_in_the_database(
    database: Database,
) -> None:
    column = sa.table("ids", sa.column("id", OBJECTS.c.spec_obj_id.type))
    database.prepare()
    ids = ["18446744073709551615", "9259471051523641344", "99", "1"]
    with database.writing() as connection:
        kind = "NUMERIC(20, 0)" if database.is_postgres else "VARCHAR(20)"
        connection.execute(sa.text(f"CREATE TABLE ids (id {kind})"))
        for one in ids:
            connection.execute(sa.insert(column).values(id=one))
        assert connection.execute(sa.select(column.c.id)).scalars().all() == ids
        assert connection.execute(sa.select(column.c.id).order_by(column.c.id)).scalars().all() == ids[::-1]


def test_a_catalogue_of_the_third_revision_gets_the_new_columns_and_keeps_its_rows(
    database: Database, database_url: str, open_catalogue: Callable[..., Catalogue], make_page: Callable[..., Any],
    make_rows: Callable[..., Any],
) -> None:  # fmt: skip
    new = ("dev_ab_r", "exp_ab_r", "frac_dev_r", "w1", "w2", "parallax", "pm_ra", "pm_dec")
    page = make_page(make_rows(30))
    with open_catalogue(database_url) as catalogue:
        catalogue.ingest([page])
        before, state = catalogue.rows(), catalogue.state
    schema.move(database, "0003", sky=Sky.REAL, now=NOW)
    with database.reading() as connection:
        assert not set(new) & {one["name"] for one in sa.inspect(connection).get_columns("objects")}
        assert connection.execute(sa.text("SELECT count(*) FROM objects")).scalar() == 30
    schema.upgrade(database, sky=Sky.REAL, now=NOW, backed_up=True)
    with open_catalogue(database_url) as catalogue:
        assert catalogue.rows().equals(before)
        assert catalogue.state == state
        assert catalogue.ingest([page]).unchanged == 30
    for name, wrong in (("frac_dev_r", 1.5), ("w1", 9999.0), ("pm_dec", -11001.0)):
        with database.writing() as connection, pytest.raises(sa.exc.IntegrityError, match=f"{name}_range"):
            connection.execute(sa.text(f"UPDATE objects SET {name} = {wrong}"))  # noqa: S608
