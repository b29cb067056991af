"""Where everything is kept. Names folders and makes none: each step makes the one it writes to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cosmic.errors import ConfigError
from cosmic.records import Sky


def demand_usable(root: Path) -> None:
    """Raise unless a home is a folder that can be written to, or can be made. Touches nothing.

    Raises
    ------
    ConfigError
        If it is a file, or lies in one, or may not be written.
    """
    place = next((place for place in (root.absolute(), *root.absolute().parents) if os.path.lexists(place)), None)
    if place is None or not place.is_dir():
        raise unusable(root, f"{place} is a file" if place and place.exists() else f"{place} leads nowhere")
    if not os.access(place, os.W_OK | os.X_OK):
        raise unusable(root, f"{place} may not be written to")


def unusable(root: Path, reason: str) -> ConfigError:
    """Return the error that says why a home cannot be used, and what to do."""
    return ConfigError(
        f"The home {root} cannot be used: {reason}. Name a folder that can be made and written with --home DIR or "
        "COSMIC_HOME."
    )


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one sky under one home; the two skies share nothing but `latest` and Prefect's files.

    Parameters
    ----------
    root : Path
        The home, COSMIC_HOME.
    sky : Sky
        Real or simulated.
    """

    root: Path
    sky: Sky

    def _folder(self, name: str) -> Path:
        return self.root.absolute() / self.sky / name

    @property
    def pages(self) -> Path:
        """Bytes of sources as they came, with their manifests."""
        return self._folder("pages")

    @property
    def signals(self) -> Path:
        """Signals that came while the catalogue could not be reached."""
        return self._folder("signals")

    @property
    def running(self) -> Path:
        """Marks of runs, while they last."""
        return self._folder("running")

    @property
    def judged(self) -> Path:
        """Valid and quarantined rows of each page."""
        return self._folder("judged")

    @property
    def snapshots(self) -> Path:
        """Frozen catalogue rows."""
        return self._folder("snapshots")

    @property
    def datasets(self) -> Path:
        """Matrices of one task and arm."""
        return self._folder("datasets")

    @property
    def fits(self) -> Path:
        """Predictions and costs of every fit."""
        return self._folder("fits")

    @property
    def study(self) -> Path:
        """Matrices and results of the published grid."""
        return self._folder("study")

    @property
    def searches(self) -> Path:
        """What each search found; its trials are in the catalogue."""
        return self._folder("searches")

    @property
    def downloads(self) -> Path:
        """Large files as they are fetched."""
        return self._folder("downloads")

    @property
    def images(self) -> Path:
        """Images of galaxies, each once, by sha256."""
        return self._folder("images")

    @property
    def pictures(self) -> Path:
        """Images decoded, labelled, and what was learned from them."""
        return self._folder("pictures")

    @property
    def votes(self) -> Path:
        """How sure volunteers were, by object."""
        return self._folder("votes")

    @property
    def models(self) -> Path:
        """The best model of each node and arm."""
        return self._folder("models")

    @property
    def reports(self) -> Path:
        """One folder a run."""
        return self._folder("reports")

    @property
    def drift(self) -> Path:
        """One folder a comparison of new rows with those behind the model in use."""
        return self._folder("drift")

    @property
    def latest(self) -> Path:
        """The newest report of either sky."""
        return self.root.absolute() / "reports" / "latest"

    @property
    def retrained(self) -> Path:
        """What the last trainings stood on."""
        return self._folder("retrained")

    @property
    def locks(self) -> Path:
        """Locks that the system frees when their holder dies."""
        return self._folder("locks")

    @property
    def prefect(self) -> Path:
        """Prefect's home, unless PREFECT_HOME is set."""
        return self.root.absolute() / "prefect"

    @property
    def results(self) -> Path:
        """Prefect's cached records, JSON."""
        return self.root.absolute() / "results"
