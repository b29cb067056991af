"""A batch of cutouts as a task: the turns of all its threads come from the limit of the Prefect server."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from cosmic.cutouts import Asking
from cosmic.home import Home
from cosmic.records import Sky
from cosmic.skyserver.client import Service
from cosmic.skyserver.cutouts import Place
from tasks import cutouts, survey
from tests.skyserver.server import serve

HERE = {"plate": 300, "mjd": 51900, "fiberID": 1, "ra": 160.5, "dec": 0.0, "class": "GALAXY", "redshift": 0.1}


@pytest.mark.usefixtures("prefect_server")
def test_a_batch_keeps_the_limit_that_all_workers_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COSMIC_DATABASE_URL", raising=False)
    a_minute, home = 600, Home(tmp_path, Sky.REAL)
    batch = tuple(Place(f"row:{at}", 160.5, 40 + at / 100, 0.12) for at in range(6))
    survey.set_limit(a_minute, name=cutouts.LIMIT)
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name(cutouts.LIMIT)
    assert (limit.limit, limit.slot_decay_per_second) == (1, pytest.approx(10))
    with serve([HERE]) as running:
        asking = Asking(17, Service(running.url))
        assert cutouts.bring.fn(batch, asking=asking, home=home) == {"outside the footprint": 6}
    came = sorted(one.at for one in running.log.requests)
    assert len(came) == len(batch)
    assert came[-1] - came[0] >= 0.9 * (len(came) - 1) * 60 / a_minute
