"""Options of the flows that look after SkyServer's releases: backfill, release-watch, release-diff. Run nothing.

What these share with the whole pipeline is described there (`cosmic.settings.PipelineOptions`), once.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

from cosmic.option_texts import span
from cosmic.records import Sky
from cosmic.settings import CONFIG, STUDY_RELEASE, PipelineOptions, TerminalOptions


def _shared(name: str) -> Any:
    """The option of this name as the pipeline has it."""
    return copy.copy(PipelineOptions.model_fields[name])


class _Survey(BaseSettings):
    model_config = CONFIG

    home: Path = _shared("home")

    @property
    def sky(self) -> Sky:
        """Return which sky this belongs to."""
        return Sky.REAL


class Backfill(_Survey):
    """Which plates are brought."""

    shards: Annotated[str, AfterValidator(span)] = Field(
        "all",
        description="The plates that are to be in the catalogue: 300, 300-420,500, or all.",
        json_schema_extra={"metavar": "PLATES"},
    )
    release: int = _shared("release")
    query: Literal["default", "study"] = _shared("query")
    where: str = _shared("where")

    @model_validator(mode="before")
    @classmethod
    def _study(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("query") == "study" and "release" not in given:
            return {**given, "release": STUDY_RELEASE}
        return given

    @property
    def what(self) -> str:
        """Return what is brought, in a few words."""
        return f"DR{self.release} {self.query}, plates {self.shards}"


class Watch(_Survey):
    """From which release on is looked."""

    release: int = Field(
        17,
        ge=1,
        description="The newest release that is known; the three after it are asked for.",
        json_schema_extra={"metavar": "N"},
    )


class Difference(_Survey):
    """Which two releases are compared."""

    from_: int = Field(17, ge=1, description="The release that was there before.", json_schema_extra={"metavar": "N"})
    to: int = Field(18, ge=1, description="The release that is compared with it.", json_schema_extra={"metavar": "N"})
    shards: Annotated[str, AfterValidator(span)] = Field(
        "all",
        description="The plates that are compared: 300, 300-420,500, or all. All of a release take hours and gigabytes.",
        json_schema_extra={"metavar": "PLATES"},
    )
    out: Path | None = Field(
        None,
        description="Where the differences go, a CSV or Parquet file. Default: a CSV file in the home.",
        json_schema_extra={"metavar": "FILE"},
    )

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.from_ == self.to:
            raise ValueError("--from and --to name the same release")
        return self

    @property
    def file(self) -> Path:
        """Return where the differences go."""
        return self.out or self.home / self.sky / "releases" / f"dr{self.from_}-dr{self.to}.csv"


class BackfillOptions(TerminalOptions, Backfill):
    """The command line of `flows.backfill`."""


class WatchOptions(TerminalOptions, Watch):
    """The command line of `flows.release_watch`."""


class DifferenceOptions(TerminalOptions, Difference):
    """The command line of `flows.release_diff`."""
