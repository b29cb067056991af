"""Secrets from files: read once, never beside the plain variable, and never repeated in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.commands import build
from cosmic.errors import ConfigError
from cosmic.machine import Settings

SECRET = "postgresql://me:pa-ss@host/sky"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("COSMIC_DATABASE_URL", "COSMIC_ALERT_URLS", "COSMIC_ALERT_URLS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COSMIC_DATABASE_URL_FILE", str(tmp_path / "url"))
    (tmp_path / "url").write_text(f"{SECRET}\n")
    return tmp_path / "url"


def test_a_secret_is_read_from_the_file_that_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_ALERT_URLS_FILE", str(file.with_name("alerts")))
    file.with_name("alerts").write_text("json://a/b\nmailto://me:pa-ss@example.org\n")
    settings = build(Settings, {})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == SECRET
    assert settings.desk.addresses == ("json://a/b", "mailto://me:pa-ss@example.org")
    assert "pa-ss" not in repr(settings) + str(settings.model_dump_json())


def test_who_wants_no_database_gets_none(file: Path) -> None:
    assert Settings(database_url=None).database_url is None


def test_an_empty_variable_names_no_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_DATABASE_URL_FILE", "")
    assert build(Settings, {}).database_url is None


def test_a_secret_that_is_given_twice_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_DATABASE_URL", SECRET)
    with pytest.raises(ConfigError, match="COSMIC_DATABASE_URL and COSMIC_DATABASE_URL_FILE are both set") as refused:
        build(Settings, {})
    assert "pa-ss" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is no text")],
)
def test_a_file_that_holds_no_secret_is_named(file: Path, content: bytes | None, says: str) -> None:
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"COSMIC_DATABASE_URL_FILE names .*/url, which .*{says}"):
        build(Settings, {})
