"""Options are typed once; the command line, the environment and the defaults agree on them."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
import typer
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from cosmic.commands import build, command
from cosmic.errors import ConfigError
from cosmic.machine import Settings, database_url
from cosmic.operation import Operation
from cosmic.records import TABLE_TASKS, Arm, Sky, Task
from cosmic.settings import PipelineOptions, RunOptions
from cosmic.survey_options import Backfill, Difference, Watch


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)


def parse(*arguments: str) -> RunOptions:
    seen: list[RunOptions] = []
    app = typer.Typer()
    app.command()(command(RunOptions, seen.append))
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return seen[0]


def help_text() -> str:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(command(RunOptions, lambda _: None))
    return CliRunner().invoke(app, ["--help"], terminal_width=200).output


def test_the_simulated_sky_is_the_default() -> None:
    options = parse()
    assert (options.source, options.rows, options.sky) == ("simulated", 20_000, Sky.SIMULATED)


def test_a_path_implies_files_of_the_real_sky() -> None:
    options = parse("--path", "a.csv", "--path", "b.fits", "--column", "redshift=zsp")
    assert options.path == (Path("a.csv"), Path("b.fits"))
    assert (options.source, options.sky, options.overrides) == ("files", Sky.REAL, (("redshift", "zsp"),))


def test_choices_become_records() -> None:
    options = parse("--task", "star", "--arm", "photometric+shape")
    assert (options.task, options.arm) == ((Task.STAR,), (Arm.PHOTOMETRIC_SHAPE,))


def test_variables_of_the_environment_are_options_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_ROWS", "5000")
    assert parse().rows == 5_000
    assert parse("--rows", "6000").rows == 6_000


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"source": "files"}, "without --path"),
        ({"source": "simulated", "path": [Path("a.csv")]}, "leave one of them out"),
        ({"rows": 3}, "--rows: it must be at least 1000, not 3."),
        ({"rows": "many"}, "--rows: it must be a whole number, not many."),
        (
            {"arm": ["photometry"]},
            "--arm: it must be 'published', 'no-leak', 'photometric', .* or 'images\\+table', not",
        ),
        ({"source": "sky"}, "--source: it must be 'simulated', 'files' or 'skyserver', not sky."),
        ({"column": ["redshift"]}, "--column: it takes NAME=COLUMN, such as redshift=zsp, not redshift."),
        ({"path": [Path("a.csv")], "rows": 5000}, "--rows .COSMIC_ROWS. is the size of the simulated sky"),
        ({"column": ["redshift=zsp"]}, "--column names a column of a file, and no --path or --holdout names a file"),
        ({"gz2": "/no/where", "path": [Path("a.csv")]}, "--gz2: it takes a folder that is there .*, not /no/where."),
        ({"gz2": "https://a.org"}, "--gz2 is of the real sky"),
        ({"cutouts": 5}, "--cutouts asks for images of the real sky"),
        ({"cutouts": -1, "path": [Path("a.csv")]}, "--cutouts: it must be at least 0"),
        ({"rwos": 5000}, "--rwos: there is no such option"),
        ({"release": 16}, "--release is for --source skyserver, not simulated"),
        ({"limit": 5, "where": "s.z > 1", "path": [Path("a.csv")]}, "--where and --limit are for .* not files"),
        ({"source": "skyserver", "refetch": "300-"}, "--refetch: it takes plates, such as 300, 300-420"),
        (
            {"source": "skyserver", "refetch": "7,420-300"},
            "--refetch: 420-300 ends before it begins; did you mean 300-420",
        ),
        ({"source": "skyserver", "query": "mine"}, "--query: it must be 'default' or 'study', not mine"),
        ({"source": "skyserver", "limit": 0}, "--limit: it must be at least 1"),
        ({"search": -1}, "--search: it must be at least 0.*, not -1."),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        build(RunOptions, given)
    assert "Input should" not in str(refused.value)


def test_a_release_may_be_named_for_cutouts_alone() -> None:
    assert build(RunOptions, {"path": [Path("a.csv")], "cutouts": 5, "release": 16}).release == 16


def test_columns_may_be_named_for_a_holdout_alone() -> None:
    assert build(RunOptions, {"column": ["redshift=zsp"], "holdout": [Path("a.csv")]}).overrides == (
        ("redshift", "zsp"),
    )


def test_a_run_says_what_it_reads_in_a_few_words() -> None:
    assert PipelineOptions(rows=2000, seed=3).what == "simulated sky of 2,000 objects, seed 3"
    assert PipelineOptions(path=(Path("x/a.csv"),)).what == "files a.csv"
    assert PipelineOptions(path=(Path("a.csv"), Path("b.fits"))).what == "files a.csv and 1 more"


def test_the_study_s_query_asks_the_study_s_release_unless_another_is_named() -> None:
    assert parse("--source", "skyserver").release == 17
    study = parse("--source", "skyserver", "--query", "study")
    assert (study.release, study.sky, study.what) == (16, Sky.REAL, "SkyServer DR16 study")
    assert parse("--source", "skyserver", "--query", "study", "--release", "17").release == 17
    assert build(Backfill, {"query": "study"}).release == 16


def test_the_command_of_a_survey_s_run_gives_the_run_again() -> None:
    asked = ("--source", "skyserver", "--query", "study", "--where", "s.class = 'QSO'", "--refetch", "300-420,500")
    command = parse(*asked).command("flows.ingest")
    assert parse(*shlex.split(command)[3:]) == parse(*asked)


def test_the_command_of_a_study_names_what_its_flow_does_anyway_only_elsewhere() -> None:
    asked = parse("--study", "--rebalance-first", "--split", "random")
    assert asked.command("flows.full_pipeline").split()[3:] == ["--split", "random", "--study", "--rebalance-first"]
    assert asked.command("flows.study").split()[3:] == ["--split", "random", "--rebalance-first"]
    assert parse(*asked.command("flows.full_pipeline").split()[3:]) == asked


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        (Backfill, {"shards": "here"}, "--shards: it takes plates"),
        (Difference, {"from_": 17, "to": 17}, "--from and --to name the same release"),
        (Difference, {"from_": 0}, "--from: it must be at least 1"),
        (Watch, {"release": 0}, "--release: it must be at least 1"),
    ],
)
def test_a_wrong_option_of_the_survey_s_flows_is_named(
    model: type[BaseSettings], given: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        build(model, given)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_ROWS", "3")
    with pytest.raises(ConfigError, match="COSMIC_ROWS: it must be at least 1000, not 3"):
        build(RunOptions, {})


PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"


def line_of(name: str, field: FieldInfo) -> str:
    """The line of an option or a setting in docs/settings.md."""
    default = None if field.default_factory else field.default
    shown = "" if default in (None, (), False) else f"`{default}`"
    return f"| `COSMIC_{name.upper()}` | {shown} | {field.description} |"


def test_every_setting_and_every_option_is_in_the_docs_with_its_default() -> None:
    text = PAGE.read_text(encoding="utf-8")
    fields = {**Settings.model_fields, **Operation.model_fields, **PipelineOptions.model_fields}
    assert [line for line in (line_of(name, field) for name, field in fields.items()) if line not in text] == []
    named = {name.lower() for name in re.findall(r"^\| `COSMIC_(\w+)`", text, re.MULTILINE)}
    assert named == fields.keys(), "and nothing that is neither"


def test_help_explains_every_option() -> None:
    text = " ".join(help_text().split())
    for name, field in RunOptions.model_fields.items():
        assert "--" + name.replace("_", "-") in text
        assert field.description is not None
        assert " ".join(field.description.split()) in text
    assert "Default: 20000" in text
    assert "Default: 0." in text


def test_a_password_is_never_shown() -> None:
    options = parse("--database", "postgresql://me:secret@host/sky")
    assert "secret" not in repr(options)
    assert "database" not in PipelineOptions.model_fields  # what Prefect stores with a run


def test_the_default_database_lies_in_the_home_of_its_sky(tmp_path: Path) -> None:
    real = database_url(tmp_path, Sky.REAL, Settings()).get_secret_value()
    simulated = database_url(tmp_path, Sky.SIMULATED, Settings()).get_secret_value()
    assert real == f"sqlite:///{tmp_path}/real/catalogue.db"
    assert simulated == f"sqlite:///{tmp_path}/simulated/catalogue.db"


def test_small_simulated_skies_keep_smaller_classes() -> None:
    assert PipelineOptions(rows=20_000).class_size == 100
    assert PipelineOptions(path=(Path("a.csv"),)).class_size == 1_000
    assert PipelineOptions(min_class_size=7).class_size == 7


def test_the_spectral_node_of_a_simulated_sky_is_trained_only_by_name() -> None:
    study = (Task.SUPERCLASS, Task.STAR, Task.GALAXY)
    assert PipelineOptions().tasks == study
    assert PipelineOptions(path=(Path("a.csv"),)).tasks == tuple(Task)
    assert PipelineOptions(path=(Path("a.csv"),)).table_tasks == TABLE_TASKS
    assert PipelineOptions(task=(Task.GALAXY_SPECTRAL,)).tasks == (Task.GALAXY_SPECTRAL,)


def test_a_folder_of_images_alone_trains_on_images_alone(tmp_path: Path) -> None:
    options = PipelineOptions(images=tmp_path)
    assert (options.source, options.tasks, options.table_tasks) == ("files", (Task.GALAXY_IMAGE,), ())
    assert PipelineOptions(images=tmp_path, path=(Path("a.csv"),)).tasks == tuple(Task)
    assert PipelineOptions(images=tmp_path, source="skyserver").tasks == tuple(Task)
    with pytest.raises(ValueError, match="star looks at a table"):
        PipelineOptions(images=tmp_path, task=(Task.STAR,))
    with pytest.raises(ValueError, match="simulated one has images of its own"):
        PipelineOptions(images=tmp_path, source="simulated")
    with pytest.raises(ValueError, match="no folder is named"):
        PipelineOptions(labels=tmp_path / "labels.csv")


@pytest.mark.parametrize(("text", "seconds"), [("10", 600), ("10m", 600), ("90s", 90), ("1.5h", 5400), ("2 min", 120)])
def test_a_budget_is_a_length_of_time(text: str, seconds: float) -> None:
    assert PipelineOptions(image_budget=text).image_seconds == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0", "5 d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--image-budget: "):
        parse("--image-budget", text)


def test_a_hold_out_is_a_file_or_a_folder_of_images(tmp_path: Path) -> None:
    options = PipelineOptions(holdout=(tmp_path, tmp_path / "a.csv"))
    assert (options.held_images, options.held_tables) == ((tmp_path,), (tmp_path / "a.csv",))


def test_lists_in_the_environment_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_TASK", "star, superclass")
    monkeypatch.setenv("COSMIC_PATH", "a.csv,b.fits")
    monkeypatch.setenv("COSMIC_ARM", "photometric")
    options = parse()
    assert options.task == (Task.STAR, Task.SUPERCLASS)
    assert options.path == (Path("a.csv"), Path("b.fits"))
    assert options.arm == (Arm.PHOTOMETRIC,)


def test_faults_are_named_with_commas_or_one_by_one_and_are_of_the_simulated_sky() -> None:
    assert parse("--faults", "flux-band,swapped-bands@3", "--night", "4").faults == ("flux-band", "swapped-bands@3")
    assert parse("--faults", "flux-band", "--faults", "missing-band").faults == ("flux-band", "missing-band")
    assert "night 4, with flux-band" in parse("--faults", "flux-band", "--night", "4").what
    with pytest.raises(ConfigError, match="there is no fault 'flux'; choose of flux-band"):
        build(PipelineOptions, {"faults": ["flux"]})
    with pytest.raises(ConfigError, match=r"--night \(COSMIC_NIGHT\) is of the simulated sky"):
        build(PipelineOptions, {"path": ["a.csv"], "night": 2})
