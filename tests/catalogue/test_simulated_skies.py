"""A catalogue of the simulated sky holds the sky that was asked for last, and nothing of another one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.catalogue import Catalogue, Run
from cosmic.errors import ConfigError
from cosmic.planted import origin_of
from cosmic.records import JudgedPage, MagnitudeSystem, Sky
from cosmic.snapshots import freeze
from tests.catalogue.looking import counts, sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
SKY = "simulated (rows=3, seed=0, generator=2)"
BAD = (9, None, ["z is out of range"], '{"z":98}')


@pytest.fixture
def skies(make_rows: MakeRows, make_page: MakePage) -> tuple[JudgedPage, JudgedPage]:
    """Give pages of two skies that share keys and places, as skies of one seed and two sizes do."""
    one = make_rows(6, psf_u=[20.0] * 6)
    other = make_rows(4).slice(1)
    return (
        make_page(one, name="seed=0", kind="simulated"),
        make_page(other, name="seed=1", kind="simulated", quarantined=[BAD], system=MagnitudeSystem.PSF),
    )


def test_another_simulated_sky_replaces_the_one_before(
    database_url: str, open_catalogue: OpenCatalogue, skies: tuple[JudgedPage, JudgedPage]
) -> None:
    one, other = skies
    catalogue = open_catalogue(database_url, sky=Sky.SIMULATED)
    first = catalogue.ingest([one])
    again = catalogue.ingest([one])
    assert (counts(again), again.state, again.catalogue) == ((0, 0, 6), first.state, first.catalogue)
    second = catalogue.ingest([other])
    assert (counts(second), second.earlier) == ((3, 0, 0), 0)
    assert second.catalogue != first.catalogue
    assert second.catalogue == catalogue.id == open_catalogue(database_url, sky=Sky.SIMULATED).id
    rows = catalogue.rows(state=second.state)
    assert rows.num_rows == 3
    assert rows["psf_u"].null_count == 3
    assert sql(catalogue, "SELECT origin FROM pages") == [("seed=1",)]
    third = catalogue.ingest([one])
    assert (counts(third), third.state) == ((6, 0, 0), first.state)
    assert sql(catalogue, "SELECT 1 FROM quarantine") == []


def test_what_was_made_from_the_sky_before_cannot_be_recorded_any_more(
    database_url: str, open_catalogue: OpenCatalogue, skies: tuple[JudgedPage, JudgedPage], tmp_path: Path
) -> None:
    catalogue = open_catalogue(database_url, sky=Sky.SIMULATED)
    record = catalogue.ingest([skies[0]])
    frozen = freeze(catalogue.rows(), folder=tmp_path, system=MagnitudeSystem.MODEL, sky=Sky.SIMULATED)
    catalogue.record_snapshot(frozen, state=record.state)
    catalogue.record_run(Run("monday", "full_pipeline", datetime(2026, 5, 1, tzinfo=UTC), snapshot=frozen.id))
    late = open_catalogue(database_url, sky=Sky.SIMULATED)
    catalogue.ingest([skies[1]])
    assert sql(catalogue, "SELECT 1 FROM runs") == sql(catalogue, "SELECT 1 FROM snapshots") == []
    with pytest.raises(ConfigError, match=r"never was in.*run again"):
        catalogue.record_snapshot(frozen, state=record.state)
    with pytest.raises(ConfigError, match=r"was replaced by another one.*run again"):
        late.ingest([skies[0]])


def test_the_real_sky_grows(database_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage) -> None:  # fmt: skip
    catalogue = open_catalogue(database_url)
    first = catalogue.ingest([make_page(make_rows(2), name="a")])
    assert catalogue.ingest([make_page(make_rows(2, seed=1), name="b")]).catalogue == first.catalogue
    assert catalogue.rows().num_rows == 4


def test_a_simulated_sky_grows_by_its_nights_and_begins_anew_where_one_comes_with_other_faults(
    database_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    def night(number: int, *, faults: tuple[str, ...] = (), sky: str = SKY) -> JudgedPage:
        rows = make_rows(3, seed=number)
        return make_page(rows, name=origin_of(sky, night=number, faults=faults), kind="simulated")

    catalogue = open_catalogue(database_url, sky=Sky.SIMULATED)
    first = catalogue.ingest([night(0)])
    assert catalogue.baseline(night(1).page.origin) is not None  # a night is compared with the one before
    assert catalogue.baseline("simulated (rows=3, seed=9, generator=2) night 1") is None
    second = catalogue.ingest([night(1, faults=("flipped-labels@1",))])
    assert (second.catalogue, counts(second), second.earlier) == (first.catalogue, (3, 0, 0), 3)
    assert catalogue.ingest([night(0)]).catalogue == first.catalogue
    healed = catalogue.ingest([night(1)])
    other = catalogue.ingest([night(2, sky="simulated (rows=4, seed=0, generator=2)")])
    assert len({first.catalogue, healed.catalogue, other.catalogue}) == 3
    assert (healed.earlier, other.earlier) == (0, 0)
