"""Galaxy Zoo 2 in a run: fetch the release, take its votes and images. Each wraps one call; orders nothing."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Page, Volunteers
from tasks.policies import policy


@task(**policy("fetch-galaxy-zoo"), task_run_name="fetch Galaxy Zoo 2 from {address}")
def fetch(address: str, *, folder: Path) -> Path:
    """Bring the release at an address into a folder of ours, going on where an earlier attempt was cut."""
    from cosmic.galaxyzoo.release import fetch_release

    fetch_release(address, folder)
    return folder


@task(**policy("volunteers"), task_run_name="take Galaxy Zoo 2 from {folder}")
def take(folder: Path, *, home: Home) -> Volunteers:
    """Store votes and images of a release, and make the page of labels."""
    from cosmic.catalogue import open_catalogue
    from cosmic.galaxies import take_release
    from cosmic.galaxyzoo.release import find_release

    with open_catalogue(home, Settings()) as catalogue:
        return take_release(catalogue, find_release(folder), home=home)


@task(**policy("survey-votes"), task_run_name="take Galaxy Zoo 2 from {called}")
def take_pages(pages: tuple[Page, ...], *, called: str, home: Home) -> Volunteers:
    """Store the votes that SkyServer answered with, and make the page of labels."""
    from cosmic import galaxies
    from cosmic.catalogue import open_catalogue

    with open_catalogue(home, Settings()) as catalogue:
        return galaxies.take_pages(catalogue, pages, home=home, called=called)


@task(**policy("simulated-votes"), task_run_name="take the simulated votes")
def take_simulated(
    page: Page, *, rows: int, seed: int, night: int = 0, faults: tuple[str, ...] = (), home: Home
) -> Volunteers:
    """Store the votes of a simulated sky."""
    from cosmic import galaxies
    from cosmic.catalogue import open_catalogue

    with open_catalogue(home, Settings()) as catalogue:
        return galaxies.take_simulated(catalogue, page, rows=rows, seed=seed, night=night, faults=faults, home=home)
