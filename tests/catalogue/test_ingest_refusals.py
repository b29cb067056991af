from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cosmic.catalogue import Catalogue
from cosmic.errors import ArtefactCorrupt, ConfigError, ContractViolation
from cosmic.records import JudgedPage, MagnitudeSystem, Sky
from tests.catalogue.looking import changed, counts, sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]


def test_magnitudes_of_two_systems_never_mix(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    model, psf = (
        make_page(make_rows(3), name="model.csv"),
        make_page(make_rows(3, seed=1), name="psf.csv", system=MagnitudeSystem.PSF),
    )
    with pytest.raises(ConfigError, match=r"model.csv has model; psf.csv has psf.*--home.*--column"):
        catalogue.ingest([model, psf])
    catalogue.ingest([model])
    with pytest.raises(
        ConfigError, match=r"holds model magnitudes and psf.csv brings psf magnitudes.*--home.*--column"
    ):
        catalogue.ingest([psf])
    assert catalogue.rows().num_rows == 3


@pytest.mark.parametrize(("sky", "kind"), [(Sky.REAL, "simulated"), (Sky.SIMULATED, "files")])
def test_pages_of_the_other_sky_are_refused_by_name(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage, sky: Sky, kind: str
) -> None:
    with pytest.raises(ConfigError, match=f"rows.csv is .* holds the {sky} sky"):
        open_catalogue(sqlite_url, sky=sky).ingest([make_page(make_rows(1), kind=kind)])


def test_no_page_at_all_is_refused(sqlite_url: str, open_catalogue: OpenCatalogue) -> None:
    with pytest.raises(ConfigError, match="no page"):
        open_catalogue(sqlite_url).ingest([])


def _gone(page: JudgedPage) -> JudgedPage:
    page.valid.unlink()
    return page


def _cut(page: JudgedPage) -> JudgedPage:
    page.quarantined.write_bytes(page.quarantined.read_bytes()[:-5])
    return page


def _fewer(page: JudgedPage) -> JudgedPage:
    pq.write_table(pq.read_table(page.valid).slice(1), page.valid)
    return page


def _twice(page: JudgedPage) -> JudgedPage:
    pq.write_table(pq.read_table(page.valid).take(pa.array([0, 0, 1])), page.valid)
    return page


def _silent(page: JudgedPage) -> JudgedPage:
    page.report.write_text("{}")
    return page


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_gone, "cannot be read"),
        (_cut, "cannot be read"),
        (_fewer, "has 2 rows"),
        (_twice, "twice"),
        (_silent, "report"),
    ],
)
def test_a_damaged_page_is_named_and_nothing_is_changed(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage,
    damage: Callable[[JudgedPage], JudgedPage], said: str,
) -> None:  # fmt: skip
    catalogue = open_catalogue(sqlite_url)
    good = make_page(make_rows(3), name="good.csv")
    with pytest.raises(ArtefactCorrupt, match=f"{said}.*Run the same command again|{said}.*run again"):
        catalogue.ingest([good, damage(make_page(make_rows(3, seed=1)))])
    assert catalogue.rows().num_rows == 0
    assert counts(catalogue.ingest([good])) == (3, 0, 0)


@pytest.mark.parametrize(("column", "bad"), [("u", 99.0), ("class", "PLANET"), ("mjd", 3)])
def test_the_database_refuses_what_a_contract_should_not_have_let_pass(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage, column: str, bad: Any
) -> None:
    rows = make_rows(3)
    with pytest.raises(ContractViolation, match=f"refused rows.*ck_objects_{column}"):
        catalogue.ingest([make_page(changed(rows, **{column: [bad, *rows[column].to_pylist()[1:]]}))])
    assert catalogue.rows().num_rows == 0
    assert sql(catalogue, "SELECT 1 FROM pages") == []
