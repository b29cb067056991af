"""Ready-made automations of Prefect for what Cosmic tells it: set up in code, as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from prefect.automations import (
    AutomationCore,
    ChangeFlowRunState,
    EventTrigger,
    PauseDeployment,
    ResumeDeployment,
    RunDeployment,
)
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import Posture

from deployments.applying import TAG

_ENDS: Final = {
    f"prefect.flow-run.{state}"
    for state in ("Completed", "Failed", "Crashed", "Cancelled", "AwaitingRetry", "Paused", "Suspended")
}


def ready_made(deployments: Mapping[str, UUID], *, silent: timedelta) -> tuple[AutomationCore, ...]:
    """Return every automation.

    Parameters
    ----------
    deployments : mapping of str to UUID
        Ids of our deployments by name.
    silent : timedelta
        After how long without a heartbeat a run is taken for dead.
    """
    retrain = deployments["retrain"]
    critical = {"cosmic.severity": "critical"}
    return (
        AutomationCore(
            name="cosmic: no training while a critical incident is open",
            description="A wrong number may have been published, or data lost: retrain is paused until somebody looked.",
            trigger=EventTrigger(
                expect={"cosmic.incident.opened", "cosmic.incident.escalated"}, match=_match(critical), **_ONCE
            ),
            actions=[PauseDeployment(deployment_id=retrain)],
        ),
        AutomationCore(
            name="cosmic: training again when a critical incident has recovered",
            description="retrain goes on by its schedule.",
            trigger=EventTrigger(expect={"cosmic.incident.recovered"}, match=_match(critical), **_ONCE),
            actions=[ResumeDeployment(deployment_id=retrain)],
        ),
        AutomationCore(
            name="cosmic: ingest when the source answers again",
            description="What could not be brought while the source was down is brought at once, not at the next time.",
            trigger=EventTrigger(
                expect={"cosmic.incident.recovered"}, match=_match({"cosmic.check": "source"}), **_ONCE
            ),
            actions=[RunDeployment(deployment_id=deployments["ingest"], parameters=None)],
        ),
        AutomationCore(
            name="cosmic: a run without a heartbeat has crashed",
            description="Its worker is dead or cut off. Cosmic's watch starts it again, three times at most.",
            trigger=EventTrigger(
                after={"prefect.flow-run.heartbeat"},
                expect={"prefect.flow-run.heartbeat", *_ENDS},
                match={"prefect.resource.id": ["prefect.flow-run.*"]},
                match_related={"prefect.resource.id": [f"prefect.tag.{TAG}"], "prefect.resource.role": "tag"},
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=silent,
            ),
            actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat: its worker is dead or cut off.")],
        ),
    )  # fmt: skip


_ONCE: Final = {"posture": Posture.Reactive, "threshold": 1, "within": timedelta(0)}


def _match(labels: Mapping[str, str]) -> dict[str, str | list[str]]:
    return {"prefect.resource.id": ["cosmic.incident.*"], **labels}


def set_up(client: SyncPrefectClient, deployments: Mapping[str, UUID], *, silent: timedelta) -> tuple[str, ...]:
    """Bring our automations to what the code says, by name; those of other names are left alone. Return their names."""
    wanted_ones = ready_made(deployments, silent=silent)
    for wanted in wanted_ones:
        there = client.read_automations_by_name(wanted.name)
        if not there:
            client.create_automation(wanted)
            continue
        for extra in there[1:]:
            client.delete_automation(extra.id)
        client.update_automation(there[0].id, wanted.model_copy(update={"enabled": there[0].enabled}))
    return tuple(one.name for one in wanted_ones)
