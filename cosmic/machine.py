"""Settings of the machine and of the team, which COSMIC_* variables alone give. Read when a model is built, at the edge."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cosmic.option_texts import length, seconds
from cosmic.records import Sky
from cosmic.secret_files import with_secrets

if TYPE_CHECKING:
    from cosmic.alerts.desk import Desk
    from cosmic.alerts.quiet import QuietHours
    from cosmic.contracts import Limits


def _length(text: object) -> str | None:
    """Return a text that is a length of time with its unit; nothing where nothing is given."""
    given = str(text or "").strip()
    if given and given[-1].isdigit():
        raise ValueError("it takes a length of time with its unit, such as 24h, 90m or 600s")
    return length(given) if given else None


class Settings(BaseSettings):
    """Settings of the machine and of the team, from COSMIC_* variables alone."""

    model_config = SettingsConfigDict(env_prefix="COSMIC_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        None,
        description="URL of the catalogue, such as postgresql://user@host/name?sslmode=verify-full; ?schema=WORD names its "
        "schemas WORD_real and WORD_simulated (docs/postgres.md). Default: SQLite in the home.",
    )
    database_url_file: Path | None = Field(
        None,
        description="A file that holds that URL, such as a secret of a container; in place of COSMIC_DATABASE_URL.",
    )
    database_backed_up: bool = Field(
        False,
        description="The catalogue's database is backed up by others: a newer Cosmic changes its tables without a backup of its "
        "own, also in Postgres (true or false).",
    )
    workers: int = Field(
        default_factory=lambda: min(8, os.cpu_count() or 1),
        ge=1,
        description="Fits that run at the same time. Default: one a core, at most 8.",
    )
    split_salt: str | None = Field(
        None, description="Salt of the sky split; another one gives another split. Default: the salt of this version."
    )
    resamples: int = Field(1_000, ge=100, description="Resamplings of sky cells behind each interval.")
    skyserver_url: str = Field(
        "https://skyserver.sdss.org",
        description="Base address of SkyServer; a rehearsal server answers at another one.",
    )
    skyserver_timeout: float = Field(
        60.0, gt=0, description="Seconds without a byte after which a request is given up."
    )
    skyserver_deadline: float = Field(
        900.0, gt=0, description="Seconds after which an answer still coming is given up."
    )
    skyserver_queries: int = Field(57, ge=1, le=60, description="Queries a minute, of all workers of a Prefect server.")
    cutouts_a_minute: int = Field(57, ge=1, description="Cutouts a minute, of all workers of a Prefect server.")
    cutouts_at_once: int = Field(4, ge=1, le=32, description="Requests for cutouts that are under way at a time.")
    cutouts_again: bool = Field(False, description="Ask again for cutouts that were quarantined (true or false).")
    page_rows: int = Field(50_000, ge=1, le=500_000, description="Rows of a SkyServer page.")
    ingest_rows: int = Field(500_000, ge=1, description="SkyServer rows that are ingested together.")
    retries: int = Field(6, ge=0, description="Further attempts at a request that failed in a way that passes.")
    retry_seconds: float = Field(2.0, ge=0, description="Pause before the first; doubled each time, with some chance.")
    retry_minutes: float = Field(60.0, gt=0, description="No further attempt after this many minutes.")
    max_row_loss: float = Field(0.5, gt=0, description="Refuse a page that lost more than this share of rows.")
    max_quarantined: float = Field(0.3, gt=0, description="Refuse a page with more than this share of faulty rows.")
    max_null_rise: float = Field(0.2, gt=0, description="Refuse a page where a column lost more than this share.")
    max_class_shift: float = Field(0.2, gt=0, description="Refuse a page where a class moved by more than this share.")
    max_median_shift: float = Field(0.5, gt=0, description="Refuse a page whose median magnitudes moved by more, mag.")
    max_colour_shift: float = Field(0.3, gt=0, description="Refuse a page whose median colours moved by more, mag.")
    max_colour_distance: float = Field(
        0.2, gt=0, description="Refuse a page whose median colours are further from every known mixture, mag."
    )

    imagenet: str = Field(
        "none",
        description="Where ResNet50 begins: none (at random), download (ImageNet's weights, by Keras), or the path of a "
        "Keras weights file.",
    )

    alert_urls: SecretStr | None = Field(
        None,
        description="Who is told of incidents: addresses of Apprise, separated by spaces, such as "
        "mailto://user:password@example.org or json://host/path (docs/alerts.md). Default: nobody.",
    )
    alert_urls_file: Path | None = Field(
        None, description="A file that holds these addresses; in place of COSMIC_ALERT_URLS."
    )
    alert_quiet: str | None = Field(
        None, description="Hours in which only critical incidents are told, such as 22:00-07:00. Default: none."
    )
    alert_zone: str = Field("UTC", description="Time zone of these hours, such as Europe/Berlin.")
    alert_remind: Annotated[str | None, BeforeValidator(_length)] = Field(
        None, description="Tell again of an incident that is still open after so long, such as 24h. Default: no."
    )
    alert_quarantined: float = Field(
        0.05, gt=0, le=1, description="Share of an ingest's rows in quarantine above which an incident is opened."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, object]) -> dict[str, object]:
        return with_secrets(given, ("database_url", "alert_urls"))

    @property
    def desk(self) -> Desk:
        """Return to whom notices of incidents go, and when."""
        from cosmic.alerts.desk import Desk

        addresses = () if self.alert_urls is None else tuple(self.alert_urls.get_secret_value().split())
        remind = None if self.alert_remind is None else timedelta(seconds=seconds(self.alert_remind))
        return Desk(addresses, _quiet(self), remind)

    @property
    def limits(self) -> Limits:
        """Return how far a page may differ before it is refused."""
        from cosmic.contracts import Limits

        return Limits(**{name: getattr(self, name) for name in type(self).model_fields if name.startswith("max_")})


def _quiet(settings: Settings) -> QuietHours | None:
    """Return the quiet hours.

    Raises
    ------
    ConfigError
        If the hours or the zone mean nothing.
    """
    from cosmic.alerts.quiet import QuietHours
    from cosmic.errors import ConfigError

    if settings.alert_quiet is None:
        return None
    try:
        return QuietHours.read(settings.alert_quiet, settings.alert_zone)
    except ValueError as exc:
        raise ConfigError(f"COSMIC_ALERT_QUIET and COSMIC_ALERT_ZONE cannot be used: {exc}.") from exc


def database_url(home: Path, sky: Sky, settings: Settings) -> SecretStr:
    """Return the catalogue's URL: the one that is set, or SQLite under the home."""
    return settings.database_url or SecretStr(f"sqlite:///{(home / sky / 'catalogue.db').absolute()}")
