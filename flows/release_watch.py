"""Does SkyServer answer for a newer release than the one that is known? Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.survey_options import Watch, WatchOptions
    from flows.command import Line, start

    start(
        "release_watch",
        "Ask SkyServer for the releases after the one that is known, and say which answer. One that does is told to "
        "Prefect too, as the event cosmic.release-answers. Brings nothing.",
        line=Line(WatchOptions, Watch),
    )

from prefect import flow

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.skyserver.releases import candidates, outlook
from cosmic.skyserver.requests import service_of
from cosmic.survey_options import Watch
from flows.steps import Steps
from tasks import survey


@flow(name="release-watch", validate_parameters=True, persist_result=False, result_serializer="json")
def release_watch(options: Watch) -> tuple[int, ...]:
    """Return the releases after the known one that answer."""
    settings, steps = Settings(), Steps()
    service, folder = service_of(settings), Home(options.home, options.sky).pages
    survey.set_limit(settings.skyserver_queries)
    steps.one(survey.demand_known, options.release, service=service, folder=folder)
    asked = candidates(options.release)
    return tuple(one for one in asked if steps.one(survey.probe, one, service=service, folder=folder))


def main(options: Watch) -> str:
    """Run the flow and say what answers."""
    found = release_watch(options)
    return "\n".join(map(outlook, found)) or f"No release after DR{options.release} answers yet."


def plan(options: Watch) -> str:
    """Say what would be asked; touch nothing."""
    newer = ", DR".join(map(str, candidates(options.release)))
    return f"Nothing was asked. A run would ask whether DR{newer} answer, and first whether DR{options.release} still does."
