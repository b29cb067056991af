"""Settings of a Cosmic that is left running: schedules, what becomes of missed runs, addresses. Read at the edge.

Only COSMIC_* variables give them; what a single run reads and trains is in `cosmic.settings`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cosmic.records import Sky
from cosmic.settings import CONFIG, PipelineOptions, TerminalOptions

if TYPE_CHECKING:
    from cosmic.publication import Place

_FIELDS: Final = 5


class Missed(StrEnum):
    """What becomes of scheduled runs whose time passed while nothing could start them."""

    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


def _cron(text: str) -> str:
    if text.strip() and len(text.split()) != _FIELDS:
        raise ValueError("it takes five fields (minute, hour, day, month, weekday), such as '0 4 * * *', or nothing")
    return text.strip()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError("it takes the name of a time zone, such as Europe/Berlin") from exc
    return name


Cron = Annotated[str, AfterValidator(_cron)]
Days = Annotated[int, Field(ge=1, le=36_500)]


class Operation(BaseSettings):
    """Settings of schedules and services, from COSMIC_* variables alone."""

    model_config = SettingsConfigDict(env_prefix="COSMIC_", frozen=True, extra="ignore")

    schedule_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Time zone of the schedules below, such as Europe/Berlin."
    )
    ingest_cron: Cron = Field(
        "0 3 * * 1", description="When new rows are brought. Releases are frozen: weekly is enough."
    )
    release_watch_cron: Cron = Field("0 6 * * *", description="When SkyServer is asked for a newer release.")
    retrain_cron: Cron = Field("0 4 * * *", description="When models are trained again, where rows came.")
    image_retrain_cron: Cron = Field(
        "0 5 * * 6", description="When models of images are trained again, where rows or images came."
    )
    drift_cron: Cron = Field("30 3 * * *", description="When new rows are compared with those of the model in use.")
    replay_cron: Cron = Field("0 2 * * 0", description="When quarantined rows are judged again.")
    study_cron: Cron = Field("", description="When the published study is redone. Default: only when asked.")
    housekeeping_cron: Cron = Field("30 1 * * *", description="When old files are removed, and pending notices sent.")
    keep_reports: Days = Field(365, description="Days that reports are kept.")
    keep_pages: Days = Field(
        365, description="Days that bytes of sources are kept that nothing in the catalogue came from."
    )
    keep_snapshots: Days = Field(180, description="Days that frozen catalogues are kept.")
    keep_models: Days = Field(365, description="Days that models are kept after a newer one of their task and arm.")
    keep_artefacts: Days = Field(
        60,
        description="Days that what is computed on the way is kept: judged rows, matrices, fits, decoded images, results.",
    )
    keep_runs: Days = Field(90, description="Days that the Prefect server of `make serve` keeps runs and events.")
    missed: Missed = Field(
        Missed.LATEST,
        description="What becomes of scheduled runs whose time passed while nothing could start them: skip, latest (one run "
        "catches up) or all.",
    )
    missed_after: float = Field(
        15.0, gt=0, description="Minutes after its time at which a run that did not start counts as missed."
    )
    silent_seconds: float = Field(
        150.0,
        ge=45,
        description="Seconds without a heartbeat (a run sends one every 30) after which a run is taken for dead.",
    )
    runs_at_once: int = Field(2, ge=1, le=64, description="Runs of all deployments that go on at the same time.")
    watch_seconds: float = Field(60.0, gt=0, description="Seconds between two looks at schedules and runs.")
    serve_host: str = Field("127.0.0.1", description="Address at which `make serve` listens.")
    serve_port: int = Field(4200, ge=1, le=65_535, description="Port of the Prefect server of `make serve`.")

    report_port: int = Field(4280, ge=1, le=65_535, description="Port at which `make serve` shows published reports.")
    publish_url: str | None = Field(
        None,
        description="Where each run's report is put: a folder, or s3://bucket/folder (extra s3). Default: nowhere, and with "
        "`make serve` a folder of the home.",
    )
    public_url: str | None = Field(
        None,
        description="Address at which a browser finds what is there, such as https://example.org/cosmic: notices and the "
        "Prefect UI link to it. Default: none, and with `make serve` its own.",
    )

    @property
    def place(self) -> Place:
        """Return where reports are published."""
        from cosmic.publication import Place

        return Place(self.publish_url, self.public_url)

    @property
    def patience(self) -> float:
        """Return after how long a run counts as missed, s."""
        return 60 * self.missed_after


def _home() -> Path:
    field = PipelineOptions.model_fields["home"]
    home: Path = field.get_default()
    return home


class Deployed(BaseSettings):
    """What the deployments work on: the command line of `python -m deployments`."""

    model_config = CONFIG

    home: Path = Field(
        default_factory=_home,
        description="Where everything is kept; deployments know it by its absolute path. Default: .cosmic.",
        json_schema_extra={"metavar": "DIR"},
    )
    source: Literal["simulated", "skyserver"] = Field(
        "skyserver",
        description="Where scheduled ingests bring rows from: what is new at SDSS's SkyServer, or the simulated sky (no "
        "network needed).",
        json_schema_extra={"metavar": "simulated|skyserver"},
    )
    verbose: bool = Field(False, description="Also show what Prefect says.")

    def options(self, **more: object) -> dict[str, object]:
        """Return options of the pipeline for one deployment, JSON: those given here, and every COSMIC_* variable that is set.

        Raises
        ------
        ConfigError
            If a variable is wrong, or does not fit.
        """
        from cosmic.commands import build

        made = build(PipelineOptions, {"home": self.home.absolute(), "source": self.source, **more})
        return made.model_dump(mode="json", exclude_unset=True)


class _Kept(BaseSettings):
    model_config = CONFIG

    home: Path = Field(
        default_factory=_home,
        description="Where everything is kept. Default: .cosmic.",
        json_schema_extra={"metavar": "DIR"},
    )
    sky: Sky = Field(
        Sky.REAL, description="Which sky: real or simulated.", json_schema_extra={"metavar": "real|simulated"}
    )


class Tidy(_Kept):
    """Which home is tidied up."""

    count: bool = Field(False, description="Only say what would be removed, and how many bytes; remove nothing.")


class TidyOptions(TerminalOptions, Tidy):
    """The command line of `flows.housekeeping`."""


class Replay(_Kept):
    """Which quarantine is judged again."""

    count: bool = Field(False, description="Only count what would enter; the catalogue stays as it is.")


class ReplayOptions(TerminalOptions, Replay):
    """The command line of `flows.replay`."""
