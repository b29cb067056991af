"""Where rows come from, by name. Imports a source only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cosmic.settings import PipelineOptions
    from cosmic.sources.base import Source


def _simulated(options: PipelineOptions) -> Source:
    from cosmic.sources.simulated import SimulatedSource

    return SimulatedSource(options.rows, options.seed, night=options.night, faults=options.faults)


def _files(options: PipelineOptions) -> Source:
    from cosmic.sources.files import FilesSource

    return FilesSource(options.path, options.overrides)


def _skyserver(options: PipelineOptions) -> Source:
    from cosmic.machine import Settings
    from cosmic.skyserver.requests import request_of, service_of
    from cosmic.sources.skyserver import SkyServerSource

    settings = Settings()
    return SkyServerSource(request_of(options, settings), service_of(settings))


SOURCES: Final[dict[str, Callable[[PipelineOptions], Source]]] = {
    "simulated": _simulated,
    "files": _files,
    "skyserver": _skyserver,
}
"""Name of a source to what builds it from the options of a run. A new archive is one entry here."""


def source_for(options: PipelineOptions) -> Source:
    """Return the source that a run reads."""
    return SOURCES[options.source](options)
