"""A real Prefect server for the tests of tasks, one for the session."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A temporary Prefect server and home."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's own, at start
        with (
            prefect_test_harness(server_startup_timeout=120),
            temporary_settings(
                {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}  # saves a second a flow run
            ),
        ):
            yield
