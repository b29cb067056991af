"""Every option and setting, typed once: command line, Prefect form and COSMIC_* variables read these models.

Reads the environment only when a model is built, at the edge; nothing else in Cosmic does.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cosmic.cluster_options import DaskAddress, Runner, unspread
from cosmic.image_options import (
    ImageBudget,
    ImageEpochs,
    ImageLosses,
    ImagePreprocessing,
    ImagePretraining,
    Images,
    Labels,
    LabelScheme,
)
from cosmic.images.records import Loss, Preprocessing
from cosmic.option_texts import Override, listed, release_place, seconds, span
from cosmic.planted import Faults, Night, misplaced, told
from cosmic.records import TABLE_TASKS, Arm, Model, Sky, SplitName, Task

CONFIG = SettingsConfigDict(env_prefix="COSMIC_", frozen=True, extra="forbid", populate_by_name=True)

STUDY_RELEASE: Final = 16
_SURVEY: Final = ("release", "query", "where", "limit", "refetch")


class PipelineOptions(BaseSettings):
    """What a run of the whole pipeline reads, trains and reports."""

    model_config = CONFIG

    source: Literal["simulated", "files", "skyserver"] = Field(
        "simulated",
        description="Where rows come from: a seeded simulated sky (no network needed), files of your own, or what is new "
        "at SDSS's SkyServer.",
        json_schema_extra={"metavar": "simulated|files|skyserver"},
    )
    path: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="A file to read: CSV, FITS, Parquet or VOTable, gzipped or not. Several are one ingest. "
        "Implies --source files.",
        json_schema_extra={"metavar": "PATH"},
    )
    column: Annotated[tuple[Override, ...], NoDecode, BeforeValidator(listed)] = Field(
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
    night: Night = 0
    faults: Faults = ()
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
    gz2: Annotated[str, AfterValidator(release_place)] | None = Field(
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
    task: Annotated[tuple[Task, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="Train only this node of the hierarchy: superclass, star, galaxy, galaxy-spectral, galaxy-image. "
        "Default: all that the data allow, on a simulated sky the first three.",
        json_schema_extra={"metavar": "NAME"},
    )
    arm: Annotated[tuple[Arm, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="Train only with these inputs: published (the study's), no-leak (those less redshift and ELODIE), "
        "photometric, photometric+shape, morphometric (galaxies: profile and axis ratios), photometric+external (W1, W2, "
        "parallax, proper motion), magnitude-matched (superclass: classes equally bright). Default: all that the data allow.",
        json_schema_extra={"metavar": "NAME"},
    )
    model: Annotated[tuple[Model, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="Train this family, with every rebalancing that it knows: logistic, decision_tree, random_forest, "
        "extra_trees, boosting, knn, svm, ffnn (needs the extra neural), ensemble (slow, and often the best); on images "
        "compact_cnn, morphology and the study's ffnn, cnn, lstm, resnet50. Default: the first three, and boosting on "
        "classes as they are; on images compact_cnn, morphology and their average.",
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
    images: Images = None
    labels: Labels = None
    label_scheme: LabelScheme = None
    image_budget: ImageBudget = "10m"
    image_epochs: ImageEpochs = None
    image_loss: ImageLosses = ()
    image_preprocessing: ImagePreprocessing = Preprocessing.STUDY
    image_pretraining: ImagePretraining = None
    holdout: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="A labelled file that every final model is scored on, or a folder with images/ and labels.csv. It passes "
        "the same contracts, is never stored in the catalogue and never trained on.",
        json_schema_extra={"metavar": "PATH"},
    )
    home: Path = Field(
        Path(".cosmic"),
        description="Where everything is kept: catalogues, pages, snapshots, models, reports.",
        json_schema_extra={"metavar": "DIR"},
    )
    runner: Runner = "local"
    dask_address: DaskAddress = None

    @model_validator(mode="before")
    @classmethod
    def _paths_are_files(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("path"):
            if given.get("source", "files") != "files":
                raise ValueError(f"--path is for --source files, not {given['source']}; leave one of them out")
            return {**given, "source": "files"}
        if isinstance(given, dict) and given.get("images") and "source" not in given:
            return {**given, "source": "files"}
        if isinstance(given, dict) and given.get("source") == "files" and not given.get("images"):
            raise ValueError("--source files reads nothing without --path PATH or --images DIR")
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
        if self.images and self.source == "simulated":
            raise ValueError(
                "--images are of the real sky, and the simulated one has images of its own; leave one of them out"
            )
        if self.labels and not self.images:
            raise ValueError("--labels is the table of --images DIR, and no folder is named")
        if self.images_alone and (tables := [one for one in self.task if one in TABLE_TASKS]):
            raise ValueError(f"--task {tables[0]} looks at a table, and only --images is named; name a --path too")
        if self.gz2 and self.source == "simulated":
            raise ValueError(
                "--gz2 is of the real sky, and the simulated one has votes of its own; name a --path or a --source"
            )
        if self.path and self.rows != type(self).model_fields["rows"].default:
            raise ValueError(
                "--rows (COSMIC_ROWS) is the size of the simulated sky; with --path every row of the files is read. "
                "Leave one of them out"
            )
        if why := misplaced(self.source, self.night, self.faults):
            raise ValueError(why)
        if unfit := unspread(self.runner, self.dask_address):
            raise ValueError(unfit)
        if self.column and not (self.path or self.held_tables):
            raise ValueError("--column names a column of a file, and no --path or --holdout names a file")
        return self

    @property
    def sky(self) -> Sky:
        """Return which sky this run belongs to."""
        return Sky.SIMULATED if self.source == "simulated" else Sky.REAL

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return the nodes to train. Those of a simulated sky are the published study's tables, unless others are named."""
        if self.images_alone:
            return (Task.GALAXY_IMAGE,)
        return self.task or (tuple(Task) if self.sky is Sky.REAL else (Task.SUPERCLASS, Task.STAR, Task.GALAXY))

    @property
    def table_tasks(self) -> tuple[Task, ...]:
        """Return the nodes to train whose models look at a table."""
        return tuple(one for one in self.tasks if one in TABLE_TASKS)

    @property
    def images_alone(self) -> bool:
        """Return whether a folder of images is all that is read."""
        return self.source == "files" and not self.path

    @property
    def image_seconds(self) -> float:
        """Return the time for training on images, s."""
        return seconds(self.image_budget)

    @property
    def held_tables(self) -> tuple[Path, ...]:
        """Return the hold-out files."""
        return tuple(path for path in self.holdout if not path.is_dir())

    @property
    def image_losses(self) -> tuple[Loss, ...]:
        """Return what the compact network is trained with."""
        return tuple(dict.fromkeys(self.image_loss)) or (Loss.CROSS_ENTROPY,)

    @property
    def held_images(self) -> tuple[Path, ...]:
        """Return the hold-out folders of images."""
        return tuple(path for path in self.holdout if path.is_dir())

    @property
    def overrides(self) -> tuple[tuple[str, str], ...]:
        """Return the column overrides as (canonical name, column of the file)."""
        pairs = (text.split("=", 1) for text in self.column)
        return tuple((name.strip(), column.strip()) for name, column in pairs)

    @property
    def what(self) -> str:
        """Return what is read, in a few words, such as ``files spectra.csv and 1 more``."""
        if self.source == "simulated":
            return f"simulated sky of {self.rows:,} objects, seed {self.seed}{told(self.night, self.faults)}"
        if self.source == "skyserver":
            return f"SkyServer DR{self.release} {self.query}"
        if self.images_alone:
            return f"images {self.images.name if self.images else ''}"
        more = f" and {len(self.path) - 1} more" if len(self.path) > 1 else ""
        return f"{self.source} {self.path[0].name}{more}"

    @property
    def class_size(self) -> int:
        """Return the smallest class that is kept."""
        if self.min_class_size is not None:
            return self.min_class_size
        return min(1000, max(2, self.rows // 200)) if self.sky is Sky.SIMULATED else 1000

    @property
    def image_class_size(self) -> int:
        """Return the smallest class of labelled images that is kept."""
        return 30 if self.min_class_size is None else self.min_class_size

    @property
    def searches(self) -> bool:
        """Return whether better settings are searched."""
        return self.search > 0 or self.search_trials > 0

    def held_out(self) -> Self:
        """Return the same options, reading the hold-out files instead."""
        return self.model_copy(update={"source": "files", "path": self.held_tables, "holdout": (), "gz2": None})

    def command(self, module: str) -> str:
        """Return the command that gives this run again; what stands at its default is left out."""
        words = ["python", "-m", module]
        for name, field in PipelineOptions.model_fields.items():
            value = getattr(self, name)
            if value == field.get_default(call_default_factory=True) or (name == "source" and value == "files"):
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
