"""Every deployment of Cosmic: which flow, with which parameters, when. A list; talks to no server and runs nothing."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from prefect import Flow

from cosmic.operation import Deployed, Operation
from cosmic.records import Sky


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment.

    Parameters
    ----------
    name : str
        As the UI lists it.
    module, function : str
        Where its flow is.
    about : str
        What it does, for whoever looks at it in the UI.
    parameters : dict
        Of the flow, JSON.
    setting : str or None
        The variable behind its schedule; None where it only runs when asked.
    cron : str
        When it runs by itself; empty: only when asked.
    """

    name: str
    module: str
    function: str
    about: str
    parameters: dict[str, Any] = field(default_factory=dict)
    setting: str | None = None
    cron: str = ""

    @property
    def entrypoint(self) -> str:
        """Return where its flow is imported from, whatever the working directory."""
        return f"{self.module}.{self.function}"

    @property
    def full_name(self) -> str:
        """Return how Prefect calls it: flow and deployment."""
        return f"{self.flow.name}/{self.name}"

    @property
    def flow(self) -> Flow[..., Any]:
        """Return its flow."""
        found: Flow[..., Any] = getattr(importlib.import_module(self.module), self.function)
        return found


def every(deployed: Deployed, operation: Operation) -> tuple[Deployment, ...]:
    """Return every deployment, the most used first.

    Raises
    ------
    ConfigError
        If a COSMIC_* variable of the pipeline is wrong.
    """
    home = str(deployed.home.absolute())
    found = (
        Deployment(
            "ingest", "flows.ingest", "ingest",
            "Bring what is new at the source into the catalogue; refuse bad rows. Trains nothing.",
            {"options": deployed.options()}, "COSMIC_INGEST_CRON", operation.ingest_cron,
        ),
        Deployment(
            "retrain", "flows.retrain", "retrain",
            "Train, compare and report on the catalogue as it stands, where rows came since the last time.",
            {"options": deployed.options(task=_tables(deployed))}, "COSMIC_RETRAIN_CRON", operation.retrain_cron,
        ),
        Deployment(
            "retrain-images", "flows.retrain", "retrain",
            "Train models of galaxy images again, where rows or images came since the last time.",
            {"options": deployed.options(task=["galaxy-image"])}, "COSMIC_IMAGE_RETRAIN_CRON",
            operation.image_retrain_cron,
        ),
        Deployment(
            "pipeline", "flows.full_pipeline", "full_pipeline",
            "Everything in one run: bring, refuse, store, train, compare, report.", {"options": deployed.options()},
        ),
        Deployment(
            "study", "flows.study", "study", "The published study, redone on the catalogue: hours on a large one.",
            {"options": deployed.options(study=True)}, "COSMIC_STUDY_CRON", operation.study_cron,
        ),
        Deployment(
            "backfill", "flows.backfill", "backfill",
            "Chosen plates of a SkyServer release into the catalogue: those of them that it lacks or holds otherwise.",
            {"options": {"home": home}},
        ),
        Deployment(
            "drift-watch", "flows.drift_watch", "drift_watch",
            "Whether new rows are still of the sky that the model in use was trained on; tells people, trains only if asked.",
            {"options": deployed.options()}, "COSMIC_DRIFT_CRON", operation.drift_cron,
        ),
        Deployment(
            "replay", "flows.replay", "replay",
            "Judge quarantined rows again under today's contract; those that pass enter the catalogue.",
            {"options": {"home": home, "sky": _sky(deployed)}}, "COSMIC_REPLAY_CRON", operation.replay_cron,
        ),
        Deployment(
            "housekeeping", "flows.housekeeping", "housekeeping",
            "Remove old files that nothing needs, and send notices that wait.",
            {"options": {"home": home, "sky": _sky(deployed)}}, "COSMIC_HOUSEKEEPING_CRON", operation.housekeeping_cron,
        ),
        Deployment(
            "release-watch", "flows.release_watch", "release_watch",
            "Ask SkyServer whether a newer release answers. Brings nothing.", {"options": {"home": home}},
            "COSMIC_RELEASE_WATCH_CRON", operation.release_watch_cron if deployed.source == "skyserver" else "",
        ),
    )  # fmt: skip
    return found


def _sky(deployed: Deployed) -> str:
    return str(Sky.SIMULATED if deployed.source == "simulated" else Sky.REAL)


def _tables(deployed: Deployed) -> list[str]:
    """Return the tasks of a retraining on tables: those that were asked for, else all but images."""
    from cosmic.records import TABLE_TASKS
    from cosmic.settings import PipelineOptions

    options = PipelineOptions.model_validate(deployed.options())
    return [str(one) for one in options.tasks if one in TABLE_TASKS]
