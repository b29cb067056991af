"""Each check finds what is really wrong: versions, home, disk, what was left, the database, the survey, alerts, the clock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cosmic.catalogue import schema
from cosmic.catalogue.database import Database
from cosmic.doctor import catalogue_checks, machine_checks, outside_checks
from cosmic.doctor.findings import Finding, Health
from cosmic.errors import ConfigError, TransientSourceError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky
from tests.conftest import PASSWORD_USER
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COSMIC_") and not name.startswith("COSMIC_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", Sky.REAL)


def health(found: Iterable[Finding]) -> dict[str, Health]:
    """The worst of each check."""
    worst: dict[str, Health] = {}
    for one in found:
        worst[one.check] = max(worst.get(one.check, Health.OK), one.health, key=lambda each: each.rank)
    return worst


def settings(**given: str) -> Settings:
    return Settings(**given)  # type: ignore[arg-type]


def made(url: str, tmp_path: Path, *, revision: str = "head") -> None:
    database = Database(url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=10)
    schema.move(database, revision, sky=Sky.REAL, now=NOW)
    database.close()


def test_what_is_installed_here_is_what_is_needed() -> None:
    assert health(machine_checks.versions()) == {"versions": Health.OK}


@pytest.mark.parametrize(
    ("requires", "says"),
    [
        ("sqlalchemy<1", "schedules never fire"),
        ("fastapi>=999", "die at their start"),
        ("no-such-thing>=1", "no-such-thing is missing"),
    ],
)
def test_a_version_that_does_not_serve_is_named_with_what_it_does(requires: str, says: str) -> None:
    (found,) = machine_checks.versions([requires, "numpy>=1", "no-such-extra; extra == 'neural'"])
    assert found.health is Health.FAILURE
    assert says in found.found
    assert "constraints.txt" in found.todo


def test_a_home_that_cannot_be_used_is_a_failure_and_none_is_made(tmp_path: Path, home: Home) -> None:
    (tmp_path / "file").write_text("")
    assert health(machine_checks.home_folder(Home(tmp_path / "file", Sky.REAL))) == {"home": Health.FAILURE}
    assert health(machine_checks.home_folder(home))["home"] is Health.OK
    assert not home.root.exists()


@pytest.mark.parametrize(("free", "ends"), [(1e8, Health.FAILURE), (1e9, Health.WARNING), (1e11, Health.OK)])
def test_free_space_is_judged_by_what_a_run_takes(tmp_path: Path, free: float, ends: Health) -> None:
    assert machine_checks.space(tmp_path, free=int(free)).health is ends


def test_what_killed_runs_left_is_found_and_what_is_being_written_is_not(home: Home) -> None:
    home.models.mkdir(parents=True)
    (home.models / ".model.1.part").write_text("")
    assert health(machine_checks.leftovers(home)) == {"leftovers": Health.OK}
    later = (datetime.now(UTC) + timedelta(days=2)).timestamp()
    assert health(machine_checks.leftovers(home, now=later)) == {"leftovers": Health.NOTE}
    home.signals.mkdir()
    (home.signals / "000001-x.json").write_text("{}")
    assert health(machine_checks.leftovers(home)) == {"leftovers": Health.WARNING}


def test_a_catalogue_that_is_not_there_yet_is_no_fault_and_none_is_made(home: Home) -> None:
    assert health(catalogue_checks.catalogue(home, settings())) == {"database": Health.NOTE}
    assert not home.root.exists()


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_tables_are_compared_with_this_version(
    request: pytest.FixtureRequest, tmp_path: Path, home: Home, backend: str
) -> None:
    url: str = request.getfixturevalue(f"{backend}_url")
    made(url, tmp_path, revision="0005")
    given = settings(database_url=url)
    assert health(catalogue_checks.catalogue(home, given))["migrations"] is Health.WARNING
    made(url, tmp_path)
    found = list(catalogue_checks.catalogue(home, given))
    assert {one.health for one in found} <= {Health.OK, Health.NOTE}, "a superuser is a note"
    assert any("0 objects of the real sky" in one.found for one in found)
    database = Database(url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=10)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert health(catalogue_checks.catalogue(home, given))["migrations"] is Health.FAILURE


def test_a_damaged_file_is_a_failure(tmp_path: Path, home: Home, sqlite_url: str) -> None:
    path = Path(str(make_url(sqlite_url).database))
    given = settings(database_url=sqlite_url)
    path.write_bytes(b"no database at all" * 100)
    assert health(catalogue_checks.catalogue(home, given)) == {"database": Health.FAILURE}
    path.unlink()
    made(sqlite_url, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(4096 * 4) + whole[4096 * 5 :])
    assert health(catalogue_checks.catalogue(home, given)) == {"database": Health.FAILURE}


def test_a_user_without_rights_or_with_a_wrong_password_is_told_what_to_do(home: Home, postgres_url: str) -> None:
    url = make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    role = f"{PASSWORD_USER}"
    with engine.connect() as connection:
        there = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
        if not there:
            connection.execute(sa.text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(sa.text(f"ALTER ROLE {role} PASSWORD 'right'"))
        connection.execute(sa.text(f'REVOKE CREATE ON DATABASE "{url.database}" FROM PUBLIC'))

    def of(password: str) -> Settings:
        return settings(database_url=url.set(username=role, password=password).render_as_string(hide_password=False))

    found = list(catalogue_checks.catalogue(home, of("right")))
    (failed,) = [one for one in found if one.health is Health.FAILURE]
    assert f"CREATE SCHEMA cosmic_real AUTHORIZATION {role}" in failed.todo
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE SCHEMA cosmic_real"))
    (failed,) = [one for one in catalogue_checks.catalogue(home, of("right")) if one.health is Health.FAILURE]
    assert "GRANT USAGE, CREATE ON SCHEMA cosmic_real" in failed.todo
    with pytest.raises(ConfigError, match="refused") as refused:
        list(catalogue_checks.catalogue(home, of("wrong-secret")))
    assert "wrong-secret" not in str(refused.value)
    engine.dispose()


def test_a_server_that_is_not_there_is_said_not_to_answer(home: Home) -> None:
    with pytest.raises(TransientSourceError, match="cannot be reached"):
        list(catalogue_checks.catalogue(home, settings(database_url="postgresql://me@127.0.0.1:9/sky")))


def test_a_survey_that_answers_is_well_and_so_is_its_clock() -> None:
    with serve(simulated_spectra(50, seed=3), limits=Limits(queries=10**6)) as survey:
        found = outside_checks.skyserver(settings(skyserver_url=survey.url), release=17, needed=True, timeout=10)
        assert health(found) == {"skyserver": Health.OK, "clock": Health.OK}
        found = outside_checks.skyserver(settings(skyserver_url=survey.url), release=99, needed=True, timeout=10)
        assert health(found)["skyserver"] is Health.FAILURE


@pytest.mark.parametrize(("needed", "ends"), [(True, Health.FAILURE), (False, Health.WARNING)])
def test_a_survey_that_is_silent_fails_where_runs_need_it(needed: bool, ends: Health) -> None:
    given = settings(skyserver_url="http://127.0.0.1:9")
    assert health(outside_checks.skyserver(given, release=17, needed=needed, timeout=2)) == {"skyserver": ends}


def test_addresses_of_alerts_are_understood_or_named_by_their_place() -> None:
    assert health(outside_checks.alerts(settings())) == {"alerts": Health.NOTE}
    assert health(outside_checks.alerts(settings(alert_urls="json://127.0.0.1:9/hook"))) == {"alerts": Health.OK}
    with pytest.raises(ConfigError, match="address 2 of 2"):
        list(outside_checks.alerts(settings(alert_urls="json://127.0.0.1 nothing-like-it:swordfish")))
    (lost,) = outside_checks.alerts(settings(alert_urls="json://me:swordfish@no-such-host.invalid/hook"))
    assert lost.health is Health.FAILURE
    assert "swordfish" not in str(lost)


@pytest.mark.parametrize(
    ("off", "ends", "says"),
    [(1, Health.OK, "within"), (90, Health.WARNING, "90 s ahead"), (-3600, Health.WARNING, "behind")],
)
def test_clocks_that_differ_by_more_than_a_minute_are_told(off: int, ends: Health, says: str) -> None:
    found = catalogue_checks.clocks("a server", NOW, ours=NOW + timedelta(seconds=off))
    assert found.health is ends
    assert says in found.found
