"""Several files of one export are one ingest: stored first, compared, then yielded; mistakes name the file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosmic.errors import ArtefactCorrupt, ConfigError, PermanentSourceError, SuspiciousResponse
from cosmic.records import Page, Sky
from cosmic.sources.base import PageStore, Source
from cosmic.sources.files import FilesSource

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MODEL = "u,g,r,i,z,class\n19,18,17,17,17,STAR\n"
MORE = "u,g,r,i,z,class\n20,19,18,18,18,QSO\n"
PSF = "psfMag_u,psfMag_g,psfMag_r,psfMag_i,psfMag_z,class\n19,18,17,17,17,STAR\n"


def paths(folder: Path, **texts: str) -> list[Path]:
    found = []
    for name, text in texts.items():
        found.append(folder / f"{name}.csv")
        found[-1].write_text(text, encoding="utf-8")
    return found


def pages(source: Source, folder: Path) -> list[Page]:
    return list(source.pages(PageStore(folder / "pages")))


def test_each_file_is_a_page_that_can_be_parsed_without_the_original(tmp_path: Path) -> None:
    files = paths(tmp_path, a=MODEL, b=MORE)
    source: Source = FilesSource(files, clock=lambda: NOON)
    assert (source.kind, source.sky) == ("files", Sky.REAL)
    found = pages(source, tmp_path)
    for path in files:
        path.unlink()
    assert [page.origin for page in found] == [str(path) for path in files]
    assert [source.parse(page).rows["class"].to_pylist() for page in found] == [["STAR"], ["QSO"]]


def test_overrides_travel_with_the_page(tmp_path: Path) -> None:
    files = paths(tmp_path, a=MODEL.replace("class", "klass"))
    (page,) = pages(FilesSource(files, (("class", "klass"),)), tmp_path)
    assert page.columns == (("class", "klass"),)
    assert FilesSource([]).parse(page).rows["class"].to_pylist() == ["STAR"]


def test_the_same_bytes_are_read_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = paths(tmp_path, a=MODEL, copy_of_a=MODEL)
    assert len(pages(FilesSource([*files, files[0]]), tmp_path)) == 1
    assert "copy_of_a.csv holds the same bytes as" in caplog.text


def test_files_in_different_systems_are_refused_with_each_named(tmp_path: Path) -> None:
    files = paths(tmp_path, first=MODEL, second=PSF)
    with pytest.raises(ConfigError, match=r"first\.csv: model .*second\.csv: psf"):
        pages(FilesSource(files), tmp_path)


def test_bytes_are_stored_before_they_are_read(tmp_path: Path) -> None:
    files = paths(tmp_path, good=MODEL, page="<html><title>Skyserver Error</title></html>")
    with pytest.raises(SuspiciousResponse, match=r"page\.csv is a web page"):
        pages(FilesSource(files), tmp_path)
    assert len(list((tmp_path / "pages").glob("*.csv"))) == 2


def test_a_missing_file_is_named_with_its_likeness_before_anything_is_stored(tmp_path: Path) -> None:
    files = paths(tmp_path, spectra=MODEL)
    with pytest.raises(PermanentSourceError, match=r"Spectre\.csv does not exist \(did you mean spectra\.csv\?\)"):
        pages(FilesSource([*files, tmp_path / "Spectre.csv"]), tmp_path)
    with pytest.raises(PermanentSourceError, match="nor does its folder"):
        pages(FilesSource([tmp_path / "no" / "x.csv"]), tmp_path)
    with pytest.raises(PermanentSourceError, match="is a folder"):
        pages(FilesSource([tmp_path]), tmp_path)
    with pytest.raises(ConfigError, match="No file to read"):
        pages(FilesSource([]), tmp_path)
    assert not (tmp_path / "pages").exists()


def test_a_file_without_labels_is_refused_by_name_unless_it_is_to_be_classified(tmp_path: Path) -> None:
    files = paths(tmp_path, good=MODEL, nolabel="u,g,r,i,z\n19,18,17,17,17\n")
    with pytest.raises(ConfigError, match=r"nolabel\.csv has no label"):
        pages(FilesSource(files), tmp_path)
    unlabelled = FilesSource(files[1:], require_labels=False)
    (page,) = pages(unlabelled, tmp_path)
    assert unlabelled.parse(page).rows.num_rows == 1


def test_a_page_whose_bytes_changed_is_not_parsed(tmp_path: Path) -> None:
    source = FilesSource(paths(tmp_path, a=MODEL))
    (page,) = pages(source, tmp_path)
    page.path.write_text(MORE, encoding="utf-8")
    with pytest.raises(ArtefactCorrupt, match="has changed on disk"):
        source.parse(page)
