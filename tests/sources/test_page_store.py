"""Pages are stored whole, under the name of their bytes, with a manifest, before anything reads them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.commands import build
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import Page
from cosmic.settings import PipelineOptions
from cosmic.sources import SOURCES, source_for
from cosmic.sources.base import PageStore, _put, check_page, stored_suffix
from cosmic.sources.files import FilesSource

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def ticking() -> Iterator[datetime]:
    moment = NOON
    while True:
        yield moment
        moment += timedelta(seconds=2)


def stored(store: PageStore, data: bytes = b"u,g\n1,2\n", **changes: str) -> Page:
    clock = ticking()
    facts = {"suffix": ".csv", "kind": "files", "origin": "rows.csv"} | changes
    return store.add(iter([data[:3], data[3:]]), clock=lambda: next(clock), **facts)  # type: ignore[arg-type]


def test_a_full_disk_is_named() -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as disk,
        pytest.raises(ConfigError, match=r"No space left.*make room"),
    ):
        _put(disk, b"u,g\n")


def test_a_page_is_named_by_its_bytes_and_has_a_manifest(tmp_path: Path) -> None:
    page = stored(PageStore(tmp_path / "new" / "pages"), query="SELECT 1")
    digest = hashlib.sha256(b"u,g\n1,2\n").hexdigest()
    assert page.path == tmp_path / "new" / "pages" / f"{digest}.csv"
    assert page.path.read_bytes() == b"u,g\n1,2\n"
    manifest = json.loads(page.manifest.read_text(encoding="utf-8"))
    assert page.manifest.name == f"{digest}.manifest.json"
    assert manifest["versions"]["pyarrow"]
    del manifest["versions"]
    assert manifest == {
        "sha256": digest,
        "file": f"{digest}.csv",
        "size": 8,
        "kind": "files",
        "origin": "rows.csv",
        "query": "SELECT 1",
        "columns": [],
        "started": "2026-01-02T12:00:00+00:00",
        "ended": "2026-01-02T12:00:02+00:00",
    }


def test_storing_again_keeps_file_and_first_manifest(tmp_path: Path) -> None:
    store = PageStore(tmp_path)
    first = stored(store)
    before = (first.path.stat().st_mtime_ns, first.manifest.read_bytes())
    later = store.add(
        [b"u,g\n1,2\n"], suffix=".csv", kind="files", origin="rows.csv", clock=lambda: NOON.replace(year=2027)
    )
    assert later == first
    assert (first.path.stat().st_mtime_ns, first.manifest.read_bytes()) == before


def test_a_manifest_tells_the_overrides_of_the_last_storing(tmp_path: Path) -> None:
    store = PageStore(tmp_path)
    stored(store)
    page = store.add([b"u,g\n1,2\n"], suffix=".csv", kind="files", origin="rows.csv", columns=(("redshift", "zsp"),))
    assert page.columns == (("redshift", "zsp"),)
    assert json.loads(page.manifest.read_text(encoding="utf-8"))["columns"] == [["redshift", "zsp"]]


@pytest.mark.parametrize("damage", [b"u,g\n1,3\n", b"u,g\n", b""])
def test_a_damaged_page_is_refused_and_healed_by_storing_it_again(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    page = stored(PageStore(tmp_path))
    page.path.write_bytes(damage)
    with pytest.raises(ArtefactCorrupt, match=r"has changed on disk.*rows\.csv"):
        check_page(page)
    stored(PageStore(tmp_path))
    check_page(page)
    assert "no longer matched its name" in caplog.text


def test_a_missing_page_is_named(tmp_path: Path) -> None:
    page = stored(PageStore(tmp_path))
    page.path.unlink()
    with pytest.raises(ArtefactCorrupt, match="is gone"):
        check_page(page)


def test_a_source_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"u,g\n"
        raise ConnectionError("reset")

    with pytest.raises(ConnectionError):
        PageStore(tmp_path).add(broken(), suffix=".csv", kind="files", origin="x")
    assert list(tmp_path.iterdir()) == []


def test_the_copy_of_a_file_keeps_its_endings(tmp_path: Path) -> None:
    path = tmp_path / "My rows.v2.CSV.gz"
    path.write_bytes(gzip.compress(b"u\n1\n", mtime=0))
    page = PageStore(tmp_path / "pages").add_file(path, kind="files")
    assert page.path.name == f"{page.id}.csv.gz"
    assert page.origin == str(path)
    assert page.size == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.csv", ".csv"),
        ("a.b.fits.gz", ".fits.gz"),
        ("rows", ""),
        ("a.gz", ".gz"),
        ("a.we ird", ""),
        ("x.VOT", ".vot"),
    ],
)
def test_stored_suffix(name: str, suffix: str) -> None:
    assert stored_suffix(Path(name)) == suffix


def test_every_source_is_built_from_the_options_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    options = {
        "simulated": PipelineOptions(source="simulated", rows=1000, seed=3),
        "files": PipelineOptions(path=(path,), column=("redshift=zsp",)),
        "skyserver": PipelineOptions(source="skyserver"),
    }
    assert options.keys() == SOURCES.keys()
    for kind, chosen in options.items():
        assert source_for(chosen).kind == kind
        assert source_for(chosen).sky is chosen.sky
    files = source_for(options["files"])
    assert isinstance(files, FilesSource)
    assert (files.paths, files.columns) == ((path,), (("redshift", "zsp"),))


def test_an_unknown_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"--source: it must be 'simulated', 'files' or 'skyserver', not telepathy"):
        build(PipelineOptions, {"source": "telepathy"})
