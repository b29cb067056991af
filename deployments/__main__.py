"""`python -m deployments`: serve everything on this machine, or give the deployments to a work pool.

Imports Prefect only after the options are read, since Prefect reads its home at import.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cosmic.commands import build, command
from cosmic.errors import ConfigError, CosmicError
from cosmic.home import demand_usable
from cosmic.operation import Deployed, Operation

app = typer.Typer(
    name="python -m deployments", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Schedules of Cosmic: on this machine (`serve`), or for the workers of a team (`apply`). COSMIC_* variables of "
    "docs/settings.md set times, time zone and the rest; they are read when a command starts.",
)  # fmt: skip


def _ready(deployed: Deployed) -> Operation:
    """Read the settings and set what Prefect reads at import."""
    from cosmic.machine import Settings
    from cosmic.settings import RunOptions
    from flows.environment import open_prefect_home, prepare
    from flows.terminal import show_log

    demand_usable(deployed.home)
    build(Settings, {})  # a wrong COSMIC_* variable is told here, not at the import of a flow
    operation = build(Operation, {})
    home = deployed.home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    given = {"home": home, "verbose": deployed.verbose, "local": False, "dry_run": False, "quiet": False}
    prepare(RunOptions.model_construct(**given))  # type: ignore[arg-type]
    os.environ["COSMIC_HOME"] = str(home)
    show_log(quiet=False, verbose=deployed.verbose)
    open_prefect_home(home, dry=False)
    return operation


def serve(deployed: Deployed) -> None:
    """Serve every deployment on this machine, with a Prefect server, until Ctrl-C. `make serve` is the same."""
    operation = _ready(deployed)
    from deployments.serving import serve as serving

    serving(deployed, operation, tell=_say)


def runner(deployed: Deployed) -> None:
    """Start runs of all deployments; `serve` starts this, and starts it again when it ends."""
    operation = _ready(deployed)
    from deployments.runner import run

    run(deployed, operation)


def watch(deployed: Deployed) -> None:
    """Look every minute whether schedules fire and runs are alive: beside workers of a pool; `serve` does so itself.

    Late runs and schedules that did not fire raise an alert; runs that crashed go on, three times at most.
    """
    operation = _ready(deployed)
    from deployments.watching import watch as watching

    _demand_server()
    watching(deployed, operation)


def apply(
    pool: Annotated[str, typer.Option(metavar="NAME", help="The work pool whose workers start the runs; made if new.")],
    home: Annotated[str | None, typer.Option(metavar="DIR", help="The home, as workers see it.")] = None,
    source: Annotated[
        str | None, typer.Option(metavar="simulated|skyserver", help="Where ingests bring rows from.")
    ] = None,
) -> None:
    """Put every deployment on the Prefect server that PREFECT_API_URL (or a profile) names, for the workers of a pool.

    As often as you like: what is there is brought to what the code and the settings say. Start workers with
    `prefect worker start --pool NAME`, where this Cosmic is installed and the home can be reached.
    """
    given: dict[str, object] = {
        name: value for name, value in {"home": home, "source": source}.items() if value is not None
    }
    deployed = build(Deployed, given)
    operation = _ready(deployed)
    from deployments.applying import apply_to_pool
    from deployments.listed import every

    _demand_server()
    names = apply_to_pool(every(deployed, operation), operation, pool=pool, home=deployed.home)
    _say("\n".join([f"{len(names)} deployments for the workers of {pool}:", *(f"  {name}" for name in names)]))


def _demand_server() -> None:
    from flows.environment import check_server

    if check_server() is None:
        raise ConfigError(
            "No Prefect server is named: set PREFECT_API_URL (or `prefect profile use …`), or use `serve`."
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


app.command("serve")(command(Deployed, serve))
app.command("apply")(apply)
app.command("watch")(command(Deployed, watch))
app.command("runner", hidden=True)(command(Deployed, runner))


if __name__ == "__main__":
    try:
        app(prog_name="python -m deployments")
    except CosmicError as error:
        sys.stderr.write(f"\n{error}\n")
        sys.exit(1)
