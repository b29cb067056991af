"""The edge of a run: variables that Prefect and libraries read at import, the server, what a dead run left behind.

Must be importable without Prefect: everything here happens before it is imported, or right after.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from cosmic.errors import ConfigError
from cosmic.home import Home, unusable
from cosmic.settings import RunOptions
from cosmic.survey_options import BackfillOptions, DifferenceOptions, WatchOptions

log = logging.getLogger(__name__)

HEALTH_TIMEOUT = 5.0
"""Seconds that a named Prefect server has to answer."""
RUN_PID = "COSMIC_RUN_PID"
"""Variable in which a temporary server keeps the process that it was started for."""

_STOPPED_EARLY = (
    "Solver terminated early",
    "The max_iter was reached",
    ".*failed to converge",
    "Stochastic Optimizer: Max",
)
"""How scikit-learn warns of fits that stop at their limit: expected, and every such fit says so in its facts."""

EVERYWHERE = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "cosmic,expectations,tasks,flows",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "TQDM_DISABLE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""What is set, unless the person has, in every process that carries out tasks, on whichever machine."""


def prepare(options: RunOptions | BackfillOptions | WatchOptions | DifferenceOptions) -> None:
    """Set what Prefect, Great Expectations and OpenMP read once, at import. What the person set stays.

    Prefect's files live in the home; its profiles stay where the person keeps them, so that a team's server
    or workspace is found.
    """
    home = Home(options.home, options.sky)
    profiles = Path.home() / ".prefect" / "profiles.toml"
    if "PREFECT_HOME" not in os.environ and profiles.exists():
        os.environ.setdefault("PREFECT_PROFILES_PATH", str(profiles))
    if options.local:
        os.environ["PREFECT_PROFILE"] = "ephemeral"
        for name in ("PREFECT_API_URL", "PREFECT_API_KEY"):
            os.environ.pop(name, None)
    if options.database is not None:
        url = options.database.get_secret_value()
        if os.environ.get("COSMIC_DATABASE_URL") != url:  # typed, so it stands before what the machine says
            os.environ.pop("COSMIC_DATABASE_URL_FILE", None)
        os.environ["COSMIC_DATABASE_URL"] = url
    own = {
        "PREFECT_HOME": home.prefect,
        "PREFECT_LOCAL_STORAGE_PATH": home.results,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO" if options.verbose else "CRITICAL",
    }
    for name, value in {**own, **EVERYWHERE}.items():
        os.environ.setdefault(name, str(value))
    expect_early_stops()


def expect_early_stops() -> None:
    """Let fits that stop at their limit do so in silence."""
    # for the whole process, before there are threads: a filter set around one fit is lost where a library in another thread
    # restores those it had found
    for message in _STOPPED_EARLY:
        warnings.filterwarnings("ignore", message=message)


def open_prefect_home(home: Path, *, dry: bool) -> None:
    """Make Prefect's home: its temporary server does not, and then tries to start for ever.

    A dry run gets one that goes with the process.

    Raises
    ------
    ConfigError
        If the home, or the PREFECT_HOME that is set, cannot be made or written.
    """
    if dry:
        passing = tempfile.TemporaryDirectory(prefix="cosmic-")
        atexit.register(passing.cleanup)
        os.environ["PREFECT_HOME"] = passing.name
    place = Path(os.environ["PREFECT_HOME"]).expanduser()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as exc:
        if place.is_relative_to(home.absolute()):
            raise unusable(home, f"{exc.filename or place}: {exc.strerror}") from exc
        raise ConfigError(f"PREFECT_HOME={place} cannot be made or written ({exc.strerror}). Correct it.") from exc


def check_server() -> str | None:
    """Return the address of the Prefect server that this run reports to, or None for a temporary one.

    Raises
    ------
    ConfigError
        If a profile or PREFECT_API_URL names a server that does not answer; names both.
    """
    from prefect.context import get_settings_context
    from prefect.settings import PREFECT_API_URL

    address = PREFECT_API_URL.value()
    if not address:
        return None
    failure = server_failure()
    if failure is None:
        return str(address)
    named_by = "PREFECT_API_URL" if "PREFECT_API_URL" in os.environ else (
        f"the Prefect profile '{get_settings_context().profile.name}'"
    )  # fmt: skip
    raise ConfigError(
        f"{named_by} points at the Prefect server {address}, which does not answer ({failure or type(failure).__name__}).\n"
        "Start it (`prefect server start`), choose another profile (`prefect profile use ephemeral`), or add --local "
        "to run without any server."
    )


def server_failure() -> Exception | None:
    """Return why the Prefect server of this run does not answer; None where it does."""
    from prefect.client.orchestration import get_client

    with get_client(httpx_settings={"timeout": HEALTH_TIMEOUT}, sync_client=True) as client:
        return client.api_healthcheck()


def start_temporary_server() -> None:
    """Start the Prefect server of this run, deaf to Ctrl-C; it ends with the run.

    A terminal sends Ctrl-C to every process of a run. A server that ended first would leave the run asking it for
    minutes whether it may stop.
    """
    from prefect.server.api.server import SubprocessASGIServer

    os.environ[RUN_PID] = str(os.getpid())
    with _held_back(signal.SIGINT):  # a new process inherits what is held back, and never lets it through
        SubprocessASGIServer().start()


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_orphaned_servers(home: Path) -> int:
    """End temporary Prefect servers of this home whose run was killed, and return how many there were.

    A temporary server is a child of its run; one whose parent is gone serves nobody and holds the database.
    """
    ended = 0
    for process in orphaned_servers(home):
        try:
            process.terminate()
            ended += 1
        except psutil.Error:  # it ended meanwhile
            continue
    if ended:
        log.info("ended %d temporary Prefect server(s) that a killed run left behind", ended)
    return ended


def orphaned_servers(home: Path) -> list[psutil.Process]:
    """Return the temporary Prefect servers of this home whose run was killed."""
    wanted = str(home.absolute() / "prefect")
    found = []
    for process in psutil.process_iter(["cmdline", "ppid"]):
        try:
            command = process.info["cmdline"] or []
            if "prefect.server.api.server:create_app" not in command or not _is_orphan(process):
                continue
            if process.environ().get("PREFECT_HOME") == wanted:
                found.append(process)
        except psutil.Error:  # it ended meanwhile, or belongs to another user
            continue
    return found


def _is_orphan(process: psutil.Process) -> bool:
    """Whether the run that a server was started for is gone.

    Who adopts an orphan differs: process 1, or a session's own manager; and a run in a container may itself be 1.
    """
    run = process.environ().get(RUN_PID)
    parent = process.parent()
    return run is not None and (parent is None or str(parent.pid) != run)
