"""Signals of runs while there is no catalogue to take them: told once, by whoever comes next too, and nothing is made."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts import spool
from cosmic.alerts.records import Severity, Signal
from cosmic.catalogue import open_catalogue
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky
from flows import cli
from tasks.alerts import take
from tests.alerts.receivers import Received, web_hook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAILS = Signal("source", "objects", True, Severity.WARNING, "the survey does not answer", source="run 1")
SOUND = Signal("source", "objects", False)
OPENED, OVER = "Cosmic, warning: source of objects", "Cosmic: source of objects is sound again"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that nobody's settings lead away from."""
    for name in [name for name in os.environ if name.startswith("COSMIC_") and not name.startswith("COSMIC_TEST")]:
        monkeypatch.delenv(name)
    return Home(tmp_path / "home", Sky.REAL)


def settings(hook: Received, **more: object) -> Settings:
    return Settings(alert_urls=hook.address, **more)


def cosmic(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cosmic", "alerts", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_before_anything_is_stored_a_failure_is_told_once_and_kept_for_the_catalogue(home: Home) -> None:
    with web_hook() as hook:
        for at in range(3):
            assert take((FAILS,), home=home, settings=settings(hook), now=NOW + at * MINUTE) == ()
        assert hook.titles == [OPENED]
        assert not (home.root / "real" / "catalogue.db").exists()
        open_catalogue(home, Settings()).close()  # a run stored something
        take((SOUND,), home=home, settings=settings(hook), now=NOW + 4 * MINUTE)
        assert hook.titles == [OPENED, OVER]
        assert spool.kept(home.signals) == ()
        with open_catalogue(home, Settings()) as catalogue:
            (one,) = catalogue.incidents(open_only=False)
            assert (one.opened, one.recovered) == (NOW, NOW + 4 * MINUTE)


def test_what_reached_nobody_is_told_by_the_next_run_whatever_it_finds(home: Home) -> None:
    with web_hook() as hook:
        hook.status = 503
        take((FAILS,), home=home, settings=settings(hook), now=NOW)
        assert (hook.asked, hook.posts) == (1, [])
        hook.status = 200
        other = Signal("run", "retrain", False)
        take((other,), home=home, settings=settings(hook), now=NOW + MINUTE)
        take((other,), home=home, settings=settings(hook), now=NOW + 2 * MINUTE)
        assert hook.titles == [OPENED]


def test_a_signal_is_kept_before_it_is_sent(home: Home) -> None:
    """A process that is killed while it sends leaves the signal behind."""
    with web_hook() as hook:
        hook.status, seen = 503, []

        def look() -> None:
            seen.append([one.signal for _, one in spool.kept(home.signals)])

        hook.while_asked = look
        take((FAILS,), home=home, settings=settings(hook), now=NOW)
        assert seen == [[FAILS]]


def test_flush_tells_what_a_dead_run_left_and_neither_list_nor_flush_makes_a_catalogue(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_hook() as hook:
        monkeypatch.setenv("COSMIC_ALERT_URLS", hook.address)
        monkeypatch.setenv("COSMIC_HOME", str(home.root))
        assert cosmic(monkeypatch, "list") == 0
        assert "There is no catalogue of the real sky" in capsys.readouterr().out
        assert cosmic(monkeypatch, "flush") == 0
        assert "Nothing waits to be sent." in capsys.readouterr().out
        assert not home.root.exists()
        spool.put(home.signals, spool.Spooled(FAILS, NOW))
        assert cosmic(monkeypatch, "list") == 0
        assert "Not in the catalogue yet: source of objects" in capsys.readouterr().out
        assert cosmic(monkeypatch, "flush") == 0
        assert hook.titles == [OPENED]
        assert cosmic(monkeypatch, "flush") == 0
        assert len(hook.posts) == 1
        assert [path.name for path in (home.root / "real").iterdir()] == ["signals"]


def test_an_empty_database_in_postgres_gets_no_tables_from_a_look_or_a_failed_run(
    home: Home, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlalchemy as sa

    from cosmic.catalogue.database import parse

    with web_hook() as hook:
        for name, value in {"HOME": home.root, "DATABASE_URL": postgres_url, "ALERT_URLS": hook.address}.items():
            monkeypatch.setenv(f"COSMIC_{name}", str(value))
        assert cosmic(monkeypatch, "list") == cosmic(monkeypatch, "flush") == 0
        assert "There is no catalogue" in capsys.readouterr().out
        take((FAILS,), home=home, settings=Settings(), now=NOW)
        assert hook.titles == [OPENED]
        engine = sa.create_engine(parse(postgres_url))
        assert not [name for name in sa.inspect(engine).get_schema_names() if name.startswith("cosmic")]
        engine.dispose()


def test_a_database_that_refuses_or_is_gone_is_told_at_once_and_over_when_it_is_back(
    home: Home, postgres_url: str
) -> None:
    with web_hook() as hook:
        open_catalogue(home, Settings(database_url=postgres_url)).close()
        wrong = postgres_url.replace("/cosmic_test_", "/no_such_")
        for at, url in enumerate((wrong, "postgresql://nobody@127.0.0.1:9/none", wrong)):
            take((FAILS,), home=home, settings=settings(hook, database_url=url), now=NOW + at * MINUTE)
        assert hook.titles == [OPENED]
        assert "which takes nothing" in hook.posts[0]["message"]
        take((SOUND,), home=home, settings=settings(hook, database_url=postgres_url), now=NOW + 9 * MINUTE)
        assert hook.titles == [OPENED, OVER]


def test_what_is_sound_again_while_the_catalogue_is_gone_is_over_when_it_is_back(home: Home) -> None:
    with web_hook() as hook:
        for at, signal in enumerate((FAILS, SOUND, SOUND)):
            take((signal,), home=home, settings=settings(hook), now=NOW + at * MINUTE)
        assert hook.titles == [OPENED]
        open_catalogue(home, Settings()).close()
        take((), home=home, settings=settings(hook), now=NOW + 3 * MINUTE)
        assert hook.titles == [OPENED, OVER]


def test_a_file_that_is_no_signal_keeps_nobody_from_being_told(home: Home) -> None:
    home.signals.mkdir(parents=True)
    (home.signals / "000001-cut.json").write_text("{")
    with web_hook() as hook:
        take((FAILS,), home=home, settings=settings(hook), now=NOW)
        assert hook.titles == [OPENED]
