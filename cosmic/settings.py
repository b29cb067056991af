"""Every option and setting, typed once: command line, Prefect form and COSMIC_* variables read these models.

Reads the environment only when a model is built, at the edge; nothing else in Cosmic does.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cosmic.records import Arm, Model, Sky, SplitName, Task

if TYPE_CHECKING:
    from cosmic.contracts import Limits

CONFIG = SettingsConfigDict(env_prefix="COSMIC_", frozen=True, extra="forbid", populate_by_name=True)


def _override(text: str) -> str:
    name, equals, column = text.partition("=")
    if not (name.strip() and equals and column.strip()):
        raise ValueError("it takes NAME=COLUMN, such as redshift=zsp")
    return text


def span(text: str) -> str:
    """Return a text that names plates; refuse another one."""
    if text != "all" and not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text):
        raise ValueError("it takes plates, such as 300, 300-420 or 300-420,500, or all")
    for part in text.split(","):
        low, _, high = part.partition("-")
        if high and int(high) < int(low):
            raise ValueError(f"{part} ends before it begins; did you mean {high}-{low}?")
    return text


def _gz2(text: str) -> str:
    if text != SKYSERVER and not is_address(text) and not Path(text).is_dir():
        raise ValueError("it takes a folder that is there and holds gz2_hart16.csv, an http address, or skyserver")
    return text


def is_address(text: str) -> bool:
    """Return whether a text is an address and no path."""
    return text.startswith(("http://", "https://"))


def _listed(given: object) -> object:
    """COSMIC_TASK=star,galaxy: a variable of the environment holds a list as text with commas."""
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


SKYSERVER: Final = "skyserver"
"""Votes that SkyServer is asked for; a folder of that name is ./skyserver."""
STUDY_RELEASE: Final = 16
_SURVEY: Final = ("release", "query", "where", "limit", "refetch")

Override = Annotated[str, AfterValidator(_override)]
"""NAME=COLUMN."""


class PipelineOptions(BaseSettings):
    """What a run of the whole pipeline reads, trains and reports."""

    model_config = CONFIG

    source: Literal["simulated", "files", "skyserver"] = Field(
        "simulated",
        description="Where rows come from: a seeded simulated sky (no network needed), files of your own, or what is new "
        "at SDSS's SkyServer.",
        json_schema_extra={"metavar": "simulated|files|skyserver"},
    )
    path: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="A file to read: CSV, FITS, Parquet or VOTable, gzipped or not. Several are one ingest. "
        "Implies --source files.",
        json_schema_extra={"metavar": "PATH"},
    )
    column: Annotated[tuple[Override, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="NAME=COLUMN: read Cosmic's column NAME from the file's COLUMN, whatever the alias table says, "
        "such as redshift=zsp. `cosmic inspect FILE` shows what is taken for what.",
        json_schema_extra={"metavar": "NAME=COLUMN"},
    )
    rows: int = Field(
        20_000, ge=1_000, le=50_000_000, description="Objects of the simulated sky.", json_schema_extra={"metavar": "N"}
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**32 - 1,
        description="Seed of the simulated sky, of every fit and of the random split.",
        json_schema_extra={"metavar": "N"},
    )
    release: int = Field(
        17,
        ge=1,
        description="Data release that SkyServer is asked for; 16 where --query study is given without it.",
        json_schema_extra={"metavar": "N"},
    )
    query: Literal["default", "study"] = Field(
        "default",
        description="What SkyServer is asked for: primary spectra with good redshifts and their photometry, or what the "
        "published study pulled.",
        json_schema_extra={"metavar": "default|study"},
    )
    where: str = Field(
        "",
        description="A further SQL condition on SkyServer's rows: s is SpecObj, p is PhotoObj, such as "
        "'s.class = ''QSO'' AND s.z > 2'. Each condition is a series of its own.",
        json_schema_extra={"metavar": "SQL"},
    )
    limit: int | None = Field(
        None,
        ge=1,
        description="Bring about this many of SkyServer's new rows: whole plates until it is reached. The next run goes "
        "on from there.",
        json_schema_extra={"metavar": "N"},
    )
    refetch: Annotated[str, AfterValidator(span)] | None = Field(
        None,
        description="Ask SkyServer again for these plates, whether they changed or not: 300, 300-420,500, or all.",
        json_schema_extra={"metavar": "PLATES"},
    )
    gz2: Annotated[str, AfterValidator(_gz2)] | None = Field(
        None,
        description="Galaxy Zoo 2: a folder with gz2_hart16.csv[.gz], gz2_filename_mapping.csv and images (zip or folder), "
        "or the address where they lie, or skyserver for the votes that SkyServer has. Votes and images are stored, and "
        "matched objects get their string.",
        json_schema_extra={"metavar": "DIR|URL|skyserver"},
    )
    cutouts: int = Field(
        0,
        ge=0,
        description="Bring an image from SDSS's cutout service for up to this many galaxies of the catalogue that have none. "
        "The next run goes on from there.",
        json_schema_extra={"metavar": "N"},
    )
    task: Annotated[tuple[Task, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="Train only this node of the hierarchy: superclass, star, galaxy, galaxy-spectral. "
        "Default: all that the data allow, on a simulated sky all but galaxy-spectral.",
        json_schema_extra={"metavar": "NAME"},
    )
    arm: Annotated[tuple[Arm, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="Train only with these inputs: published (the study's), no-leak (those less redshift and ELODIE), "
        "photometric, photometric+shape, morphometric (galaxies: profile and axis ratios), photometric+external (W1, W2, "
        "parallax, proper motion), magnitude-matched (superclass: classes equally bright). Default: all that the data allow.",
        json_schema_extra={"metavar": "NAME"},
    )
    model: Annotated[tuple[Model, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="Train this family, with every rebalancing that it knows: logistic, decision_tree, random_forest, "
        "extra_trees, boosting, knn, svm, ffnn (needs the extra neural), ensemble (slow, and often the best). "
        "Default: the first three, and boosting on classes as they are.",
        json_schema_extra={"metavar": "NAME"},
    )
    split: SplitName = Field(
        SplitName.SKY,
        description="How objects are divided 60/20/20: by hashed sky cell, or at random as the study did.",
        json_schema_extra={"metavar": "sky|random"},
    )
    min_class_size: int | None = Field(
        None,
        ge=2,
        description="Classes with fewer labelled objects are dropped and listed. Default: 1000, or one in 200 of a "
        "simulated sky where that is less.",
        json_schema_extra={"metavar": "N"},
    )
    filter: Literal["none", "brightness", "petro_r90", "gz2"] = Field(
        "none",
        description="A cut of the published study: brightness (r below 17), petro_r90 (radius above 3 arcsec), gz2 "
        "(both, and 0.0005 < redshift < 0.25).",
        json_schema_extra={"metavar": "NAME"},
    )
    study: bool = Field(
        False,
        description="Also redo the tabular half of the published study: its grid of 246 settings, its test table and its "
        "exploration. python -m flows.study does so without being asked.",
    )
    rebalance_first: bool = Field(
        False,
        description="In the study, balance class sizes before scaling, as the published one did. Default: scaling is learnt "
        "from training rows as they are.",
    )
    search: float = Field(
        0.0,
        ge=0,
        description="Search better settings of each task and arm on the validation part for so many minutes in all. Trials "
        "are kept, and the next run goes on from them.",
        json_schema_extra={"metavar": "MINUTES"},
    )
    search_trials: int = Field(
        0,
        ge=0,
        description="Search until each task and arm has so many trials, earlier ones counted; with --search, or until the "
        "minutes are over. Without it the result does not depend on the speed of the machine.",
        json_schema_extra={"metavar": "N"},
    )
    holdout: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (),
        description="A labelled file that every final model is scored on. It passes the same contracts, is never "
        "stored in the catalogue and never trained on.",
        json_schema_extra={"metavar": "PATH"},
    )
    home: Path = Field(
        Path(".cosmic"),
        description="Where everything is kept: catalogues, pages, snapshots, models, reports.",
        json_schema_extra={"metavar": "DIR"},
    )

    @model_validator(mode="before")
    @classmethod
    def _paths_are_files(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("path"):
            if given.get("source", "files") != "files":
                raise ValueError(f"--path is for --source files, not {given['source']}; leave one of them out")
            return {**given, "source": "files"}
        if isinstance(given, dict) and given.get("source") == "files":
            raise ValueError("--source files reads nothing without --path PATH")
        if isinstance(given, dict) and given.get("query") == "study" and "release" not in given:
            return {**given, "release": STUDY_RELEASE}
        return given

    @model_validator(mode="after")
    def _no_option_goes_nowhere(self) -> Self:
        asked = [name for name in _SURVEY if getattr(self, name) != type(self).model_fields[name].default]
        if self.cutouts and self.source == "simulated":
            raise ValueError(
                "--cutouts asks for images of the real sky, and nothing of the simulated one is on it; name a --path or a "
                "--source"
            )
        if self.cutouts and "release" in asked:  # files have galaxies too, and any release has cutouts of them
            asked.remove("release")
        if asked and self.source != "skyserver":
            flags = " and ".join(f"--{name}" for name in asked)
            raise ValueError(f"{flags} {'is' if len(asked) == 1 else 'are'} for --source skyserver, not {self.source}")
        if self.gz2 and self.source == "simulated":
            raise ValueError(
                "--gz2 is of the real sky, and the simulated one has votes of its own; name a --path or a --source"
            )
        if self.path and self.rows != type(self).model_fields["rows"].default:
            raise ValueError(
                "--rows (COSMIC_ROWS) is the size of the simulated sky; with --path every row of the files is read. "
                "Leave one of them out"
            )
        if self.column and not (self.path or self.holdout):
            raise ValueError("--column names a column of a file, and no --path or --holdout names a file")
        return self

    @property
    def sky(self) -> Sky:
        """Return which sky this run belongs to."""
        return Sky.SIMULATED if self.source == "simulated" else Sky.REAL

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return the nodes to train. Those of a simulated sky are the published study's, unless others are named."""
        return self.task or tuple(one for one in Task if self.sky is Sky.REAL or one is not Task.GALAXY_SPECTRAL)

    @property
    def overrides(self) -> tuple[tuple[str, str], ...]:
        """Return the column overrides as (canonical name, column of the file)."""
        pairs = (text.split("=", 1) for text in self.column)
        return tuple((name.strip(), column.strip()) for name, column in pairs)

    @property
    def what(self) -> str:
        """Return what is read, in a few words, such as ``files spectra.csv and 1 more``."""
        if self.source == "simulated":
            return f"simulated sky of {self.rows:,} objects, seed {self.seed}"
        if self.source == "skyserver":
            return f"SkyServer DR{self.release} {self.query}"
        more = f" and {len(self.path) - 1} more" if len(self.path) > 1 else ""
        return f"{self.source} {self.path[0].name}{more}"

    @property
    def class_size(self) -> int:
        """Return the smallest class that is kept."""
        if self.min_class_size is not None:
            return self.min_class_size
        return min(1000, max(2, self.rows // 200)) if self.sky is Sky.SIMULATED else 1000

    @property
    def searches(self) -> bool:
        """Return whether better settings are searched."""
        return self.search > 0 or self.search_trials > 0

    def held_out(self) -> Self:
        """Return the same options, reading the hold-out files instead."""
        return self.model_copy(update={"source": "files", "path": self.holdout, "holdout": (), "gz2": None})

    def command(self, module: str) -> str:
        """Return the command that gives this run again; what stands at its default is left out."""
        words = ["python", "-m", module]
        for name, field in PipelineOptions.model_fields.items():
            value = getattr(self, name)
            if value == field.get_default(call_default_factory=True) or (name == "source" and self.path):
                continue
            if value is True:
                words += [] if module.endswith(f".{name}") else ["--" + name.replace("_", "-")]
                continue
            for one in value if isinstance(value, tuple) else (value,):
                words += ["--" + name.replace("_", "-"), str(one)]
        return shlex.join(words)


class TerminalOptions(BaseSettings):
    """What the command line of every flow takes beside its own options."""

    model_config = CONFIG

    database: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("database", "COSMIC_DATABASE_URL"),
        description="URL of the catalogue, such as postgresql://user@host/name; better given as COSMIC_DATABASE_URL "
        "where it holds a password. Default: SQLite in the home.",
        json_schema_extra={"metavar": "URL"},
    )
    local: bool = Field(
        False, description="Run without any Prefect server, even where a profile or PREFECT_API_URL names one."
    )
    dry_run: bool = Field(
        False, description="Print what would be read, computed and found in the cache; touch nothing."
    )
    verbose: bool = Field(False, description="Also show what Prefect and every step say.")
    quiet: bool = Field(False, description="Print the closing lines and nothing else: verdict, where the report is.")


class RunOptions(TerminalOptions, PipelineOptions):
    """The options of the command line: those of the pipeline and those of the terminal."""


class Settings(BaseSettings):
    """Settings of the machine and of the team, from COSMIC_* variables alone."""

    model_config = SettingsConfigDict(env_prefix="COSMIC_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        None, description="URL of the catalogue, such as postgresql://user@host/name. Default: SQLite in the home."
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

    @property
    def limits(self) -> Limits:
        """Return how far a page may differ before it is refused."""
        from cosmic.contracts import Limits

        return Limits(**{name: getattr(self, name) for name in type(self).model_fields if name.startswith("max_")})


def database_url(home: Path, sky: Sky, settings: Settings) -> SecretStr:
    """Return the catalogue's URL: the one that is set, or SQLite under the home."""
    return settings.database_url or SecretStr(f"sqlite:///{(home / sky / 'catalogue.db').absolute()}")
