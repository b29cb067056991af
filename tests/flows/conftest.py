"""One small sky that went through the pipeline twice, for every test that looks at what a run leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosmic.records import Arm, Report, Task
from cosmic.settings import PipelineOptions
from tests.flows.drill import servers_of
from tests.flows.runs import Ran, RunPipeline, Twice, files_below


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_person() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("COSMIC_") and not name.startswith("COSMIC_TEST_"):
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def run_pipeline(prefect_server: None) -> RunPipeline:
    """Run the whole pipeline in this process; results are remembered in the home, as on the command line."""
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    from cosmic.facts.file import read_facts
    from flows.full_pipeline import full_pipeline

    def run(options: PipelineOptions) -> Ran:
        with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: options.home / "results"}):
            report: Report = full_pipeline(options)
        return Ran(options, report, read_facts(report.facts))

    return run


@pytest.fixture(scope="session")
def twice(run_pipeline: RunPipeline, tmp_path_factory: pytest.TempPathFactory) -> Twice:
    """A home with two equal runs of a thousand simulated objects: two nodes, the honest arm."""
    home = tmp_path_factory.mktemp("twice")
    options = PipelineOptions(home=home, rows=1000, task=(Task.SUPERCLASS, Task.STAR), arm=(Arm.PHOTOMETRIC,))
    first = run_pipeline(options)
    latest = (home / "reports" / "latest" / "facts.json").read_bytes()
    fits = files_below(home / "simulated" / "fits")
    return Twice(first, run_pipeline(options), latest, fits)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose home ``cosmic`` no Prefect server uses any more once the test has ended."""
    yield tmp_path
    for server in servers_of(tmp_path):
        server.kill()
